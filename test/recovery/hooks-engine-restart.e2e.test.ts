import { describe, expect, it, onTestFinished } from 'vitest';
import { readInContainer, writeInContainer } from '../support/container-files.js';
import { EngineRig } from '../support/engine-rig.js';
import {
  anAppWithCommands as app,
  aVolume,
  logOf,
  runningHook,
  serviceWith,
  shell,
} from '../support/hooks.js';
import { NetworkNamespace } from '../support/network-namespace.js';
import { RegistryRig } from '../support/registry-rig.js';
import { Scenario } from '../support/scenario.js';
import type { Stage } from '../support/service-setup.js';
import { waitFor } from '../support/wait-for.js';

/** An engine of its own, which others do not mind to lose. */
async function aStage(): Promise<{ stage: Stage; engine: EngineRig; place: NetworkNamespace }> {
  const place = await NetworkNamespace.create();
  onTestFinished(() => place.remove());
  const engine = await EngineRig.start({ place });
  onTestFinished(() => engine.remove());
  const registry = await RegistryRig.start({ place });
  onTestFinished(() => registry.remove());
  const { docker, host: engineHost } = engine;
  const { host: registryHost, client } = registry;
  return { stage: { docker, engineHost, registryHost, registry: client }, engine, place };
}

describe('an engine that is started anew while a one-off container of a hook runs', () => {
  it('has it run once more, from the beginning, before anything else is done', async () => {
    const { stage, engine, place } = await aStage();
    const script = 'echo begun >> /data/runs; until [ -e /data/go ]; do sleep 0.1; done';
    const scenario = await Scenario.start({
      stage,
      deploy: { place },
      app: app('v1'),
      service: serviceWith({ before: [{ run: { command: shell(script) } }] }),
      prepareEngine: (docker) => {
        aVolume(docker, 'hook-data');
        return Promise.resolve();
      },
      container: { HostConfig: { Binds: ['hook-data:/data'] } },
    });
    await scenario.push(app('v2'));
    const id = await scenario.hookedDeployment();
    const first = await runningHook(scenario);

    await engine.stop('SIGKILL');
    await engine.start();

    const second = await waitFor(
      'another one-off container',
      () => runningHook(scenario),
      ({ Id }) => Id !== first.Id,
      { within: 60_000 },
    );
    expect((await scenario.inspect()).State).toMatchObject({ Running: true });
    expect((await scenario.inspect()).Config.Labels['version']).toBe('v1');
    expect(second.Config.Labels['deploy.deployment']).toBe(id);
    expect(await readInContainer(scenario, '/data/runs')).toBe('begun\nbegun\n');
    await writeInContainer(scenario, '/data/go', '');
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', error: null });
    expect((await scenario.inspect()).Config.Labels['version']).toBe('v2');
    expect(await scenario.names()).toEqual([scenario.container]);
    expect(await logOf(scenario, id)).toContain('hook before 1 of 1');
  });
});
