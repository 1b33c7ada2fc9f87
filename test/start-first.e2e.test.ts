import { describe, expect, it } from 'vitest';
import type { StepRecord } from '../src/domain/deployment/deployment.js';
import { EngineClient } from '../src/docker/client/engine-client.js';
import { EngineEvents } from './support/engine-events.js';
import { aNetwork } from './support/handovers.js';
import { Scenario } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

/** How long a step took, in milliseconds. */
function lengthOf(step: StepRecord | undefined): number {
  return Date.parse(step?.finishedAt ?? '') - Date.parse(step?.startedAt ?? '');
}

describe('start-first', () => {
  it('starts the new version beside the old one and stops that only then', async () => {
    const network = aNetwork();
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: ['tag: latest', 'rollout: { strategy: start-first }'],
      prepareEngine: network.make,
      container: {
        HostConfig: { NetworkMode: network.name, PortBindings: {} },
        NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: ['shop'] } } },
      },
    });
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', bootsFor: 1 });
    expect(deployment).toMatchObject({
      phase: 'succeeded',
      strategy: 'start-first',
      downtimeMs: 0,
      error: null,
    });
    expect(await scenario.names()).toEqual([scenario.container]);
    const { Id, NetworkSettings, HostConfig } = await scenario.inspect();
    const aliases = NetworkSettings.Networks[network.name]?.Aliases as unknown as string[];
    expect(aliases.filter((alias) => !Id.startsWith(alias))).toEqual(['shop', scenario.container]);
    expect(HostConfig.RestartPolicy?.Name).toBe('always');
    const failed = await scenario.ship({ version: 'v3', exitsAtOnce: 3 });
    expect(failed).toMatchObject({
      phase: 'failed',
      downtimeMs: 0,
      error: { code: 'exited', serving: 'old' },
    });
    expect(await scenario.names()).toEqual([scenario.container]);
    expect((await scenario.inspect()).Id).toBe(Id);
  });
});

describe('the names of a new container by start-first', () => {
  it.each([
    ['when-healthy', 1, true],
    ['at-start', 2, false],
  ] as const)('lead to it %s', async (aliases, addresses, isJoined) => {
    const network = aNetwork();
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: ['tag: latest', `rollout: { strategy: start-first, aliases: ${aliases} }`],
      prepareEngine: network.make,
      container: {
        HostConfig: { NetworkMode: network.name, PortBindings: {} },
        NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: ['shop'] } } },
      },
    });
    const { docker, engineHost } = scenario.stage;
    const engine = new EngineClient({ name: 'local', host: engineHost, tls: null });
    await scenario.push({ version: 'v2', check: 'healthy', bootsFor: 4 });
    const id = await scenario.hookedDeployment();
    const candidate = docker.getContainer(`${scenario.container}.deploy-new`);
    await waitFor(
      'the new one to boot',
      () => candidate.inspect(),
      ({ State }) => State.Health?.Status === 'starting',
    );
    // Beside the addresses the answer tells that of the DNS itself.
    const told = `[ "$(busybox nslookup shop 127.0.0.11 | busybox grep -c '^Address')" -eq ${addresses + 1} ]`;
    expect(await engine.exec(scenario.container, ['/bin/sh', '-c', told], 5_000)).toBe(0);
    const { phase, steps } = await scenario.ended(id);
    expect(phase).toBe('succeeded');
    expect(steps.some(({ name }) => name === 'join-new')).toBe(isJoined);
  });
});

describe('the old container of start-first', () => {
  const UNPUBLISHED = { HostConfig: { PortBindings: {} } };

  it('is told to finish by a signal and given its time, before it is stopped', async () => {
    const scenario = await Scenario.startInProcess({
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, drain: { signal: SIGUSR1, wait: 1s }, watch: 2s, health: { stableFor: 300ms } }',
      ],
      container: UNPUBLISHED,
    });
    const events = await EngineEvents.follow(scenario.stage.docker);
    const deployment = await scenario.ship({ version: 'v2' });
    expect(deployment).toMatchObject({ phase: 'succeeded', downtimeMs: 0 });
    const kills = events.of(scenario).filter(({ action }) => action === 'kill');
    // SIGUSR1, then the stop's SIGTERM.
    expect(kills.map(({ signal }) => signal)).toEqual(['10', '15']);
    const took = (name: string): number =>
      lengthOf(deployment.steps.find((each) => each.name === name));
    expect(took('drain-old')).toBeGreaterThanOrEqual(1_000);
    // From the end of the old one on: from the new one's proof, more than a second ago, less than one would be left.
    expect(took('watch-new')).toBeGreaterThan(1_000);
  });

  it('is at hand for the whole watch, also where it took long to end', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', stopsFor: 4 },
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, watch: 3s, health: { stableFor: 300ms } }',
      ],
      container: UNPUBLISHED,
    });
    const { Id } = await scenario.inspect();
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', unhealthyAfter: 5 });
    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      error: { code: 'unhealthy', serving: 'old' },
    });
    expect(await scenario.names()).toEqual([scenario.container]);
    expect((await scenario.inspect()).Id).toBe(Id);
  });

  it('is given its time and stopped all the same where it cannot be told', async () => {
    const scenario = await Scenario.startInProcess({
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, drain: { http: { port: 8080, path: /nowhere }, wait: 1s }, health: { stableFor: 300ms } }',
      ],
      container: UNPUBLISHED,
    });
    const deployment = await scenario.ship({ version: 'v2' });
    expect(deployment).toMatchObject({ phase: 'succeeded', downtimeMs: 0 });
    const [drain, ...more] = deployment.steps.filter((step) => step.name === 'drain-old');
    expect(more).toEqual([]);
    expect(drain).toMatchObject({ outcome: 'failed' });
    expect(drain?.detail).toContain('404');
    expect(lengthOf(drain)).toBeGreaterThanOrEqual(1_000);
  });

  it('is not waited for any longer once it has ended', async () => {
    const scenario = await Scenario.startInProcess({
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, drain: { signal: SIGTERM, wait: 1m }, health: { stableFor: 300ms } }',
      ],
      container: { HostConfig: { PortBindings: {}, RestartPolicy: { Name: 'no' } } },
    });
    const deployment = await scenario.ship({ version: 'v2' });
    expect(deployment).toMatchObject({ phase: 'succeeded' });
    expect(lengthOf(deployment.steps.find((step) => step.name === 'drain-old'))).toBeLessThan(
      10_000,
    );
  });

  it('serves on, untouched, where the new one fails while it is only waited for', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1' },
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, drain: { wait: 6s }, health: { stableFor: 300ms } }',
      ],
      container: UNPUBLISHED,
    });
    const { Id, State } = await scenario.inspect();
    const deployment = await scenario.ship({ version: 'v2', diesAfter: 3 });
    expect(deployment).toMatchObject({
      phase: 'failed',
      downtimeMs: 0,
      error: { code: 'exited', serving: 'old' },
    });
    const after = await scenario.inspect();
    expect(after).toMatchObject({ Id, State: { Running: true, StartedAt: State.StartedAt } });
  });
});

describe('what is chosen', () => {
  const PUBLISHED = {};
  const UNPUBLISHED = { HostConfig: { PortBindings: {} } };
  const WRITING = { ...UNPUBLISHED, Volumes: { '/data': {} } };

  it.each([
    ['start-first behind no port', 'strategy: auto', UNPUBLISHED, 'start-first', 0],
    ['handover for a fixed port', 'strategy: auto', PUBLISHED, 'handover', null],
    ['recreate for a volume', 'strategy: auto', WRITING, 'recreate', null],
    [
      'start-first for a volume where overlap is allowed',
      'strategy: auto, overlap: allowed',
      WRITING,
      'start-first',
      0,
    ],
    [
      'recreate as a fallback',
      'strategy: start-first, fallback: true',
      PUBLISHED,
      'recreate',
      null,
    ],
  ] as const)(
    'is %s, and a dry run says why',
    async (_what, rollout, container, strategy, downtime) => {
      const scenario = await Scenario.startInProcess({
        service: [
          'tag: latest',
          `rollout: { ${rollout}, watch: 500ms, health: { stableFor: 300ms } }`,
        ],
        container,
      });
      await scenario.push({ version: 'v2' });
      const answer = await scenario.deploy.api('/environments/staging/services/web/deployments', {
        method: 'POST',
        body: JSON.stringify({ dryRun: true }),
      });
      const plan = (await answer.json()) as {
        strategyReason: string;
        steps: { name: string; description: string }[];
      };
      expect([answer.status, plan]).toMatchObject([
        200,
        { strategy, expectedDowntimeMs: downtime, reason: null },
      ]);
      expect(plan.strategyReason).toMatch(/^(auto|fallback): /);
      const { phase, steps, ...deployment } = await scenario.ended(
        await scenario.hookedDeployment(),
      );
      expect({ phase, strategy: deployment.strategy }).toEqual({ phase: 'succeeded', strategy });
      // Another Deploy of the tests may have removed the network that they share.
      const named = (list: readonly { name: string }[]): string[] =>
        list.map((step) => step.name).filter((name) => name !== 'remove-waiting-network');
      expect(named(steps)).toEqual(named(plan.steps));
    },
  );

  it('is refused with the reason where it cannot work, and nothing is touched', async () => {
    const scenario = await Scenario.startInProcess({
      service: ['tag: latest', 'rollout: { strategy: start-first }'],
    });
    const { Id } = await scenario.inspect();
    await scenario.push({ version: 'v2' });
    const answer = await scenario.deploy.api('/environments/staging/services/web/deployments', {
      method: 'POST',
      body: JSON.stringify({ dryRun: true }),
    });
    expect(await answer.json()).toMatchObject({ code: 'strategy-unsupported' });
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    expect(deployment).toMatchObject({
      phase: 'failed',
      steps: [],
      error: { code: 'strategy-unsupported', serving: 'old' },
    });
    expect(deployment.error?.message).toContain(`127.0.0.1:${String(scenario.port)}`);
    expect((await scenario.inspect()).Id).toBe(Id);
    expect(await scenario.names()).toEqual([scenario.container]);
  });
});
