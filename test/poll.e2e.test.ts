import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { Relay } from './support/relay.js';
import { containerBody, removeContainers } from './support/service-setup.js';
import { Scenario, type ScenarioOptions, type ShownDeployment } from './support/scenario.js';
import { freePort } from './support/network-namespace.js';
import { pull } from './support/pull.js';
import { aSampleApp } from './support/sample-app.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const CHECKED = { check: 'healthy' } as const;
const POLLED = 'policy: { poll: 30s }';
/** The same, a hundred times as fast. */
const QUICK = { firstAfterMs: 0, firstWithinMs: 50, speed: 100 };

function aPolledService(tag: string, more: ScenarioOptions = {}) {
  return Scenario.startInProcess({
    app: { version: 'v1', ...CHECKED },
    service: [`tag: ${tag}`, POLLED],
    polling: QUICK,
    ...more,
  });
}

async function deployments({ deploy }: Scenario<DeployInProcess>): Promise<ShownDeployment[]> {
  const answer = await deploy.api('/deployments?environment=staging&service=web');
  return ((await answer.json()) as { items: ShownDeployment[] }).items;
}

/** The one deployment that polls have made so far, once it has ended. */
async function found(scenario: Scenario<DeployInProcess>): Promise<ShownDeployment> {
  const [made] = await waitFor(
    'a poll to find something',
    () => deployments(scenario),
    (items) => items.length > 0,
  );
  return scenario.ended(made?.id ?? '');
}

/** How many polls have ended like this. */
async function polls({ deploy }: Scenario<DeployInProcess>, result: string): Promise<number> {
  const text = await (await fetch(`${deploy.baseUrl}/metrics`)).text();
  return Number(
    new RegExp(`^deploy_polls_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(text)?.[1],
  );
}

function polled(
  scenario: Scenario<DeployInProcess>,
  result: string,
  times: number,
): Promise<number> {
  return waitFor(
    `${String(times)} polls: ${result}`,
    () => polls(scenario, result),
    (count) => count >= times,
  );
}

describe('a service that is polled', () => {
  it('gets what a lost webhook told of, once', async () => {
    const scenario = await aPolledService('latest');
    await polled(scenario, 'same', 2);
    expect(await deployments(scenario)).toEqual([]);

    const digest = await scenario.push({ version: 'v2', ...CHECKED });
    expect(await found(scenario)).toMatchObject({
      phase: 'succeeded',
      digest,
      tag: 'latest',
      trigger: { kind: 'poll', by: 'staging', delivery: null },
    });
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
    await polled(scenario, 'same', (await polls(scenario, 'same')) + 3);
    expect(await deployments(scenario)).toHaveLength(1);
    expect(await polls(scenario, 'changed')).toBe(1);
  });

  it('gets by its first poll what was pushed before, and not again what failed', async () => {
    const scenario = await aPolledService('latest', {
      service: ['tag: latest', POLLED, 'rollout: { health: { stableFor: 500ms } }'],
      polling: { ...QUICK, firstAfterMs: 1_000 },
    });
    const digest = await scenario.push({ version: 'v2', exitsAtOnce: 3 });
    expect(await polls(scenario, 'same')).toBe(0);
    expect(await found(scenario)).toMatchObject({ phase: 'rolled-back', digest });
    await polled(scenario, 'same', (await polls(scenario, 'same')) + 3);
    expect(await deployments(scenario)).toHaveLength(1);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', quarantined: [digest] });
  });

  it('moves by the tag list to the highest version in its range', async () => {
    const scenario = await aPolledService('{ semver: "^1.4", ignore: ["*-debug"] }', {
      tag: '1.4.0',
    });
    await polled(scenario, 'same', 1);
    for (const tag of ['2.0.0', '1.4.1-debug', '1.6.0', '1.5.0']) {
      await scenario.push({ version: tag, ...CHECKED }, tag);
    }
    expect(await found(scenario)).toMatchObject({ phase: 'succeeded', tag: '1.6.0' });
    expect(await scenario.service()).toMatchObject({ running: { tag: '1.6.0' } });
    expect(await scenario.served()).toBe('1.6.0');
  });

  it('moves by a pattern to the one tag that is new', async () => {
    const repository = `acme/${uniqueName('web')}`;
    const older = aSampleApp({ version: 'v0', ...CHECKED });
    await sharedRig().registry.push(repository, 'release-1', older);
    const scenario = await aPolledService('{ glob: "release-*" }', {
      repository,
      tag: 'release-2',
    });
    await polled(scenario, 'same', 3);
    expect(await deployments(scenario)).toEqual([]);
    await scenario.push({ version: 'v3', ...CHECKED }, 'release-3');
    expect(await found(scenario)).toMatchObject({ phase: 'succeeded', tag: 'release-3' });
    expect(await scenario.served()).toBe('v3');
  });
});

describe('services of one repository and tag', () => {
  it('are polled with one request for all of them', async () => {
    const { registryHost, docker } = sharedRig();
    const relay = await Relay.start(Number(registryHost.split(':')[1]));
    onTestFinished(() => relay.remove());
    const stage = { ...sharedRig(), registryHost: relay.host };
    const repository = `acme/${uniqueName('web')}`;
    const image = `${relay.host}/${repository}`;
    const others = [uniqueName('second'), uniqueName('third')];
    const service = ['tag: latest', POLLED];
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1' },
      stage,
      repository,
      service,
      furtherServices: others.map(
        (container) =>
          `${container}: { container: ${container}, image: "${image}", ${service.join(', ')} }`,
      ),
      polling: QUICK,
    });
    for (const other of others) {
      onTestFinished(() => removeContainers(docker, other));
      await pull(docker, `${image}:latest`);
      const port = await freePort();
      await (await docker.createContainer(containerBody(other, `${image}:latest`, port))).start();
    }
    const [before, connections] = [await polls(scenario, 'same'), relay.connections];
    const after = await polled(scenario, 'same', before + 12);
    // One round may have begun before, and another since.
    expect(relay.connections - connections).toBeLessThanOrEqual((after - before) / 3 + 2);
    expect(await polls(scenario, 'failed')).toBe(0);
    expect(await deployments(scenario)).toEqual([]);
  });
});

describe('a registry that does not answer polls', () => {
  it('is told of once, and once more when it answers again', async () => {
    const { registryHost } = sharedRig();
    const relay = await Relay.start(Number(registryHost.split(':')[1]));
    onTestFinished(() => relay.remove());
    const scenario = await aPolledService('latest', {
      stage: { ...sharedRig(), registryHost: relay.host },
    });
    await polled(scenario, 'same', 1);
    relay.cutAfter(0);
    await polled(scenario, 'failed', 3);
    relay.mend();
    await polled(scenario, 'same', (await polls(scenario, 'same')) + 2);
    const lines = scenario.deploy.log.split('\n').filter((line) => line.includes('"Poll"'));
    const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
    expect([count('cannot poll'), count('again for staging/web')]).toEqual([1, 1]);
    expect(await deployments(scenario)).toEqual([]);
  });
});
