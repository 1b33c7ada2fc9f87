import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineEvents } from './support/engine-events.js';
import { Scenario } from './support/scenario.js';
import { containerBody, type SceneOptions } from './support/service-setup.js';
import { uniqueName } from './support/shared-rig.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const TOUCHING = ['create', 'start', 'kill', 'stop', 'rename', 'destroy'];

describe('a container that is missing', () => {
  it('fails the deployment and not the server; once it is run it works', async () => {
    const scenario = await Scenario.startInProcess({ app: null });
    expect(await scenario.service()).toMatchObject({ state: 'missing', running: null });
    const failed = await scenario.ship({ version: 'v1', check: 'healthy' });
    expect(failed).toMatchObject({
      phase: 'failed',
      downtimeMs: null,
      error: { code: 'container-missing', serving: 'none', retryable: false },
    });
    expect(await scenario.names()).toEqual([]);

    const { docker } = scenario.stage;
    await scenario.pull();
    const made = await docker.createContainer(
      containerBody(scenario.container, scenario.image(), scenario.port),
    );
    await made.start();
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
  });
});

describe('a container that must not be replaced', () => {
  /** Ships a good version that must be refused before anything is touched. */
  async function refused(
    code: string,
    options: SceneOptions = {},
    obstruct: (
      scenario: Awaited<ReturnType<typeof Scenario.startInProcess>>,
    ) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const scenario = await Scenario.startInProcess({ app: HEALTHY, ...options });
    await obstruct(scenario);
    const before = await scenario.inspect();
    const events = await EngineEvents.follow(scenario.stage.docker);
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({
      phase: 'failed',
      // A paused one answers nobody.
      ...(before.State.Paused ? { downtimeMs: null } : { downtimeMs: 0 }),
      error: { code, serving: before.State.Paused ? 'none' : 'old', logTail: null },
    });
    expect(events.of(scenario).filter(({ action }) => TOUCHING.includes(action))).toEqual([]);
    const after = await scenario.inspect();
    expect([after.Id, after.State]).toEqual([
      before.Id,
      { ...before.State, Health: expect.anything() as unknown },
    ]);
    expect(await scenario.names()).toEqual([scenario.container]);
    expect((await scenario.service()).quarantined).toEqual([]);
  }

  it('because it runs an image of another repository', async () => {
    await refused('image-mismatch', {}, async (scenario) => {
      const { docker, registryHost } = scenario.stage;
      await docker.getContainer(scenario.container).remove({ force: true });
      const foreign = `${registryHost}/acme/${uniqueName('foreign')}`;
      await docker.getImage(scenario.image()).tag({ repo: foreign, tag: 'latest' });
      const made = await docker.createContainer(
        containerBody(scenario.container, `${foreign}:latest`, scenario.port),
      );
      await made.start();
    });
  });

  it.each([
    ['was run with --rm', { AutoRemove: true }, false],
    ['is paused', {}, true],
  ] as const)('because one that depends on it %s', async (_why, host, isPaused) => {
    await refused('has-dependents', {}, async (scenario) => {
      const neighbour = uniqueName('neighbour');
      scenario.removeAtTheEnd(neighbour);
      const made = await scenario.stage.docker.createContainer({
        name: neighbour,
        Image: scenario.image(),
        Entrypoint: ['/bin/sleep', '1000'],
        HostConfig: { NetworkMode: `container:${scenario.container}`, ...host },
      });
      await made.start();
      if (isPaused) await made.pause();
    });
  });

  it('because it is paused', async () => {
    await refused('container-paused', {}, async (scenario) => {
      const container = scenario.stage.docker.getContainer(scenario.container);
      await container.pause();
      onTestFinished(() => container.unpause());
    });
  });

  it('because Swarm looks after it', async () => {
    const Labels = { 'com.docker.swarm.service.name': 'web' };
    await refused('container-unsupported', { container: { Labels } });
  });

  it('because something else has a name that the rollout needs', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const { container, stage } = scenario;
    await stage.docker.createContainer({
      name: `${container}.deploy-old`,
      Image: scenario.image(),
    });
    const before = await scenario.inspect();
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({
      phase: 'failed',
      downtimeMs: 0,
      error: { code: 'name-taken', serving: 'old' },
    });
    expect((await scenario.inspect()).State.StartedAt).toBe(before.State.StartedAt);
    expect(await scenario.names()).toEqual([container, `${container}.deploy-old`]);
  });
});

describe('a port that another program takes between the old one and the new one', () => {
  it('leads to a rollback, and the version is not blamed', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const before = await scenario.inspect();
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const id = await scenario.hookedDeployment();
    const thief = await takePort(scenario.port);
    await scenario.inPhase(id, 'rolling-back');
    // The old one is refused the port too, again and again.
    await delay(3_000);
    await closed(thief);
    const deployment = await scenario.ended(id);
    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      digest,
      error: { code: 'port-taken', serving: 'old', retryable: true },
    });
    expect((await scenario.inspect()).Id).toBe(before.Id);
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });

    const again = await scenario.ended(await scenario.hookedDeployment());
    expect(again).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v2');
  });

  it('that stays taken leaves everything for a person, who is told; the next one goes on', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    await scenario.push({ version: 'v2', check: 'healthy' });
    const id = await scenario.hookedDeployment();
    const thief = await takePort(scenario.port);
    const deployment = await scenario.ended(id);
    expect(deployment).toMatchObject({
      phase: 'failed',
      error: { code: 'port-taken', serving: 'none' },
    });
    expect(deployment.error?.message).toContain(scenario.container);
    expect((await scenario.service()).quarantined).toEqual([]);

    await closed(thief);
    const next = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(next.phase).toBe('succeeded');
    expect(await scenario.remains()).toMatchObject({ serves: 'v3', names: [scenario.container] });
  });
});

/** Listens on a port as soon as it is free. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    if (taken) {
      onTestFinished(() => void server.close());
      return server;
    }
    await delay(2);
  }
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}
