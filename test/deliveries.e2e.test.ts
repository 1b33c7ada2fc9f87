import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { EngineEvents } from './support/engine-events.js';
import { freePort } from './support/network-namespace.js';
import { pull } from './support/pull.js';
import { Scenario } from './support/scenario.js';
import { containerBody } from './support/service-setup.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const UNTHROTTLED = ['server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 } } }'];
/** Slow enough to send something in the middle of its rollout. */
const SLOW = { version: 'v2', bootsFor: 2 } as const;
const PROBED = 'rollout: { health: { http: { port: 8080, path: /healthz, interval: 100ms } } }';

interface Receipt {
  readonly delivery: string;
  readonly outcome: string;
  readonly deployments: readonly string[];
}

async function receipt(answer: Promise<Response>): Promise<Receipt> {
  const response = await answer;
  expect(response.status).toBe(202);
  return (await response.json()) as Receipt;
}

async function allDeployments(scenario: Scenario<DeployInProcess>): Promise<Deployment[]> {
  const answer = await scenario.deploy.call('get', '/deployments?limit=200');
  return (answer.body as { items: Deployment[] }).items;
}

describe('the same hook many times', () => {
  it('200 at once lead to one rollout: one pull, one create, one start on the engine', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY, configuration: UNTHROTTLED });
    const events = await EngineEvents.follow(scenario.stage.docker);
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const hooks = Array.from({ length: 200 }, () => receipt(scenario.hook('latest', 1)));
    const receipts = await Promise.all(hooks);

    const outcomes = receipts.map((each) => each.outcome);
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(199);
    expect(new Set(receipts.map((each) => each.delivery)).size).toBe(200);
    const made = [...new Set(receipts.flatMap((each) => each.deployments))];
    expect(made).toHaveLength(1);
    expect(await scenario.ended(made[0] ?? '')).toMatchObject({ phase: 'succeeded', digest });
    // Those that came when it had begun asked for one more look, which finds nothing new.
    await delay(1_000);
    expect(await allDeployments(scenario)).toHaveLength(1);
    expect(events.count(scenario, 'pull')).toBe(1);
    expect(events.count(scenario, 'create')).toBe(1);
    expect(events.count(scenario, 'start')).toBe(1);
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
  });

  it('is known as a duplicate after a restart too, and by hand it is none', async () => {
    const scenario = await Scenario.start({ app: HEALTHY });
    await scenario.push({ version: 'v2', check: 'healthy' });
    const first = await receipt(scenario.hook('latest', 1));
    expect(first.outcome).toBe('accepted');
    expect(await scenario.ended(first.deployments[0] ?? '')).toMatchObject({ phase: 'succeeded' });

    await scenario.deploy.restart();
    const second = await receipt(scenario.hook('latest', 1));
    expect(second).toMatchObject({ outcome: 'duplicate', deployments: [] });
    const third = await receipt(
      scenario.deploy.api(`/deliveries/${second.delivery}/replay`, { method: 'POST' }).then(
        // A replay answers with the whole delivery.
        async (answer) => {
          const { id, ...rest } = (await answer.json()) as { id: string };
          return Response.json({ delivery: id, ...rest }, { status: answer.status });
        },
      ),
    );
    expect(third.outcome).toBe('accepted');
    expect(third.deployments).toHaveLength(1);
  });

  it('asks for one more look when it comes in the middle of a rollout', async () => {
    const scenario = await Scenario.startInProcess({ service: ['tag: latest', PROBED] });
    await scenario.push(SLOW);
    const first = await receipt(scenario.hook('latest', 1));
    const [id = ''] = first.deployments;
    await scenario.inPhase(id, 'running');
    const digest = await scenario.push({ version: 'v3', check: 'healthy' });
    const second = await receipt(scenario.hook('latest', 1));
    expect(second).toMatchObject({ outcome: 'duplicate', deployments: [] });

    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded' });
    const [next] = await waitFor(
      'a deployment of what was pushed meanwhile',
      () => allDeployments(scenario),
      (deployments) => deployments.length === 2,
    );
    expect(next?.trigger).toMatchObject({ kind: 'webhook', by: 'hub', delivery: second.delivery });
    const moved = await scenario.ended(next?.id ?? '');
    expect(moved).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v3');
  });
});

describe('a push during a rollout', () => {
  it('becomes the next deployment; a newer one takes the place of one that waits', async () => {
    const scenario = await Scenario.startInProcess({ service: ['tag: latest', PROBED] });
    await scenario.push({ ...SLOW, bootsFor: 4 });
    const first = await scenario.hookedDeployment();
    await scenario.inPhase(first, 'running');
    await scenario.push({ version: 'v3', check: 'healthy' });
    const second = await scenario.hookedDeployment();
    expect(await scenario.inPhase(second, 'queued')).toMatchObject({ startedAt: null });
    const digest = await scenario.push({ version: 'v4', check: 'healthy' });
    const third = await scenario.hookedDeployment();
    expect(await scenario.inPhase(second, 'superseded')).toMatchObject({
      supersededBy: third,
      startedAt: null,
    });

    expect(await scenario.ended(first)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.ended(third)).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.remains()).toMatchObject({ serves: 'v4', names: [scenario.container] });
  });

  it('joins it where it is of the digest that is being rolled out', async () => {
    const scenario = await Scenario.startInProcess({ service: ['tag: latest', PROBED] });
    const events = await EngineEvents.follow(scenario.stage.docker);
    const digest = await scenario.push(SLOW);
    const first = await scenario.hookedDeployment();
    await scenario.inPhase(first, 'running');
    const second = await scenario.hookedDeployment();
    expect(await scenario.ended(first)).toMatchObject({ phase: 'succeeded', digest });
    if (second !== first) {
      expect(await scenario.ended(second)).toMatchObject({ phase: 'skipped', digest });
    }
    expect(events.count(scenario, 'create')).toBe(1);
    expect(await scenario.served()).toBe('v2');
  });

  it('of a tag that does not exist takes nobody’s place', async () => {
    const scenario = await Scenario.startInProcess({ service: ['tag: { glob: "*" }', PROBED] });
    await scenario.push(SLOW, 'release-2');
    const first = await scenario.hookedDeployment('release-2');
    await scenario.inPhase(first, 'running');
    const digest = await scenario.push({ version: 'v3', check: 'healthy' }, 'release-3');
    const second = await scenario.hookedDeployment('release-3');
    await scenario.inPhase(second, 'queued');
    const none = await scenario.hookedDeployment('release-none');
    expect(await scenario.ended(none)).toMatchObject({ error: { code: 'tag-not-found' } });
    expect(await scenario.ended(second)).toMatchObject({ phase: 'succeeded', digest });
  });
});

describe('one push and several services', () => {
  it('moves every service that follows its image', async () => {
    const { docker } = sharedRig();
    const second = uniqueName('second');
    const port = await freePort();
    const { registryHost } = sharedRig();
    const repository = `acme/${uniqueName('shared')}`;
    const image = `"${registryHost}/${repository}"`;
    const scenario = await Scenario.startInProcess({
      app: HEALTHY,
      repository,
      furtherServices: ['second:', `  container: ${second}`, `  image: ${image}`, '  tag: latest'],
    });
    await pull(docker, scenario.image());
    const other = await docker.createContainer(containerBody(second, scenario.image(), port));
    await other.start();
    scenario.removeAtTheEnd(second);

    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const { deployments } = await receipt(scenario.hook());
    expect(deployments).toHaveLength(2);
    const ended = await Promise.all(deployments.map((id) => scenario.ended(id)));
    expect(ended.map((each) => each.service).sort()).toEqual(['second', 'web']);
    for (const each of ended) expect(each).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v2');
    expect((await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).trim()).toBe('v2');
  });

  it('is ignored where no service follows it', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const answer = await scenario.hook('another-tag');
    expect(await answer.json()).toMatchObject({ outcome: 'ignored', deployments: [] });
    expect(await allDeployments(scenario)).toEqual([]);
  });
});
