import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownRegistry } from './support/own-registry.js';
import { REGISTRY_USER } from './support/registry-rig.js';
import { Relay } from './support/relay.js';
import { Scenario } from './support/scenario.js';
import { sharedRig } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;

describe('a registry that is down', () => {
  it('holds the deployment back, and it goes on when the registry is back', async () => {
    const { rig, stage } = await ownRegistry();
    const scenario = await Scenario.startInProcess({ app: HEALTHY, stage });
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    await rig.stop();
    const id = await scenario.hookedDeployment();
    const waiting = await waitFor(
      'the deployment to say that the registry does not answer',
      () => scenario.deployment(id),
      (deployment) => deployment.reason?.includes('waits for the registry') === true,
    );
    expect(waiting).toMatchObject({ phase: 'waiting', waitingFor: 'registry', digest: null });
    expect(await scenario.served()).toBe('v1');

    await rig.start();
    expect(await scenario.ended(id)).toMatchObject({
      phase: 'succeeded',
      digest,
      waitingFor: null,
      reason: null,
    });
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
  });
});

describe('a registry that asks for a login', () => {
  it.each([
    ['wrong credentials', true],
    ['no credentials', false],
  ])('refuses %s: the deployment fails, and nothing was touched', async (_, hasWrongOnes) => {
    const { rig, stage } = await ownRegistry({ auth: true });
    const wrong = `  "${rig.host}": { username: acme, password: not-the-right-password-at-all }`;
    const scenario = await Scenario.startInProcess({
      app: HEALTHY,
      stage,
      configuration: hasWrongOnes ? ['registries:', wrong] : [],
    });
    const before = await scenario.inspect();
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({
      phase: 'failed',
      digest: null,
      error: { code: 'registry-auth', retryable: false, serving: 'old', logTail: null },
    });
    expect(JSON.stringify(deployment) + scenario.deploy.log).not.toContain('not-the-right-passw');
    const after = await scenario.inspect();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', quarantined: [] });
  });

  it('takes those of the configuration, from Deploy and from the engine', async () => {
    const { rig, stage } = await ownRegistry({ auth: true });
    const { username, password } = REGISTRY_USER;
    const scenario = await Scenario.startInProcess({
      app: HEALTHY,
      stage,
      configuration: [
        'registries:',
        `  "${rig.host}": { username: ${username}, password: ${password} }`,
      ],
    });
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.served()).toBe('v2');
  });

  it("takes those of Docker's configuration file", async () => {
    const { rig, stage } = await ownRegistry({ auth: true });
    const scenario = await Scenario.startInProcess({ app: HEALTHY, stage });
    const folder = join(scenario.deploy.folder, 'home', '.docker');
    const { username, password } = REGISTRY_USER;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    await mkdir(folder);
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [rig.host]: { auth } } }),
    );
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.served()).toBe('v2');
  });
});

describe('a pull that is cut half way', () => {
  /** A service whose registry is reached, by Deploy and by the engine, through a relay. */
  async function behindARelay(): Promise<{
    relay: Relay;
    scenario: Awaited<ReturnType<typeof Scenario.startInProcess>>;
  }> {
    const { docker, engineHost, registry, registryHost } = sharedRig();
    const relay = await Relay.start(Number(registryHost.split(':')[1]));
    onTestFinished(() => relay.remove());
    const stage = { docker, engineHost, registry, registryHost: relay.host };
    return { relay, scenario: await Scenario.startInProcess({ app: HEALTHY, stage }) };
  }

  it('fails where it cannot be mended; the old one never noticed and nothing is quarantined', async () => {
    const { relay, scenario } = await behindARelay();
    const before = await scenario.inspect();
    const digest = await scenario.push({ version: 'v2', check: 'healthy', extraBytes: 6_000_000 });
    relay.cutAfter(2_000_000);
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    expect(deployment).toMatchObject({
      phase: 'failed',
      digest,
      downtimeMs: 0,
      error: { code: 'pull-failed', retryable: true, serving: 'old', logTail: null },
    });
    const after = await scenario.inspect();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });

    relay.mend();
    const again = await scenario.ended(await scenario.hookedDeployment());
    expect(again).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v2');
  });

  it('is tried again, and goes on where the line is mended in the meantime', async () => {
    const { relay, scenario } = await behindARelay();
    await scenario.push({ version: 'v2', check: 'healthy', extraBytes: 6_000_000 });
    relay.cutAfter(2_000_000);
    const id = await scenario.hookedDeployment();
    await waitFor(
      'the pull to fail once',
      () => scenario.deployment(id),
      ({ steps }) => steps.some((step) => step.name === 'pull' && step.outcome === 'failed'),
      { within: 30_000 },
    );
    relay.mend();
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.served()).toBe('v2');
  });
});
