import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import type { DeployInProcess } from './support/deploy-in-process.js';
import type { Scenario, ShownDeployment } from './support/scenario.js';
import { Neighbours } from './support/neighbours.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const GOOD = { version: 'v2', check: 'healthy' } as const;
const BAD = { version: 'v2', check: 'unhealthy' } as const;
const RESTARTED = { 'com.docker.compose.depends_on': 'web:service_started:true' };
const NOT_RESTARTED = { 'com.docker.compose.depends_on': 'web:service_started:false' };

describe('containers in the network of a container that is replaced', () => {
  it('follow it, one after the other, and keep their own image', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const a = await neighbours.add('a', { HostConfig: { NetworkMode: scenario.container } });
    const b = await neighbours.add('b', { HostConfig: { NetworkMode: a } });
    const before = await neighbours.inspect(a, b);
    expectGood(await scenario.ship(GOOD));
    const web = await scenario.inspect();
    const [newA, newB] = await neighbours.inspect(a, b);
    expect([newA?.HostConfig.NetworkMode, newB?.HostConfig.NetworkMode]).toEqual([
      `container:${web.Id}`,
      `container:${newA?.Id ?? ''}`,
    ]);
    expect(await neighbours.served(a, b)).toEqual(['v2', 'v2']);
    for (const [index, each] of [newA, newB].entries()) {
      expect(each?.Id).not.toBe(before[index]?.Id);
      expect(each?.Image).toBe(before[index]?.Image);
      expect(each?.Config.Image).toBe(before[index]?.Config.Image);
      expect(each?.HostConfig.RestartPolicy).toEqual(before[index]?.HostConfig.RestartPolicy);
    }
    expect(await neighbours.names()).toEqual([a, b]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
    // It was theirs too while they were created.
    const tagged = await scenario.stage.docker.getImage(scenario.image()).inspect();
    expect(tagged.Id).toBe(web.Image);
  });

  it('are started again as they were where the new one is bad', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const a = await neighbours.add('a', { HostConfig: { NetworkMode: scenario.container } });
    const b = await neighbours.add('b', { HostConfig: { NetworkMode: a } });
    const before = await neighbours.inspect(a, b);
    const deployment = await scenario.ship(BAD);
    expect(deployment).toMatchObject({ phase: 'rolled-back', error: { code: 'unhealthy' } });
    const after = await neighbours.inspect(a, b);
    expect(after.map(({ Id }) => Id)).toEqual(before.map(({ Id }) => Id));
    expect(await neighbours.served(a, b)).toEqual(['v1', 'v1']);
    expect(await neighbours.names()).toEqual([a, b]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', names: [scenario.container] });
  });

  it('take everything back where one of them cannot live with the new version', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const script = 'wget -q -O - http://127.0.0.1:8080/ | grep -q v1 || exit 3; sleep 1000';
    const a = await neighbours.add('a', {
      Entrypoint: ['/bin/sh', '-c', script],
      HostConfig: { NetworkMode: scenario.container },
    });
    const [before] = await neighbours.inspect(a);
    const deployment = await scenario.ship(GOOD);
    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      error: { code: 'dependent-failed', serving: 'old', retryable: true },
    });
    expect(deployment.error?.message).toContain(a);
    const [after] = await neighbours.inspect(a);
    expect([after?.Id, after?.State.Running]).toEqual([before?.Id, true]);
    expect(await neighbours.served(a)).toEqual(['v1']);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', quarantined: [] });
  });

  it('are told of where one of them cannot be brought back', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const a = await neighbours.add('a', {
      Entrypoint: ['/bin/sh', '-c', '[ -e /mark ] && exit 4; : > /mark; sleep 1000'],
      HostConfig: { NetworkMode: scenario.container, RestartPolicy: { Name: 'no' } },
    });
    const deployment = await scenario.ship(BAD);
    expect(deployment).toMatchObject({
      phase: 'failed',
      error: { code: 'unhealthy', serving: 'old' },
    });
    expect(deployment.error?.message).toContain(`${a}, which depends on ${scenario.container}`);
    expect(deployment.error?.message).toContain('docker start');
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', names: [scenario.container] });
    expect(await neighbours.names()).toEqual([a]);
  });
});

describe('containers that depend on a replaced one in other ways', () => {
  it.each(['IpcMode', 'PidMode'] as const)('by its namespace: %s', async (mode) => {
    const container = mode === 'IpcMode' ? { HostConfig: { IpcMode: 'shareable' } } : {};
    const { scenario, neighbours } = await Neighbours.start(HEALTHY, { container });
    const a = await neighbours.add('a', {
      HostConfig: { [mode]: `container:${scenario.container}` },
    });
    expectGood(await scenario.ship(GOOD));
    const [after] = await neighbours.inspect(a);
    const web = await scenario.inspect();
    expect([after?.HostConfig[mode], after?.State.Running]).toEqual([`container:${web.Id}`, true]);
    expect(await neighbours.names()).toEqual([a]);
  });

  it('by a link on the default bridge', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const a = await neighbours.add('a', {
      HostConfig: { Links: [`${scenario.container}:backend`] },
    });
    expectGood(await scenario.ship(GOOD));
    expect(await neighbours.served(a, 'backend')).toEqual(['v2']);
    const [after] = await neighbours.inspect(a);
    expect(after?.HostConfig.Links).toEqual([`/${scenario.container}:/${a}/backend`]);
    expectGood(await scenario.ship({ ...GOOD, version: 'v3' }));
    expect(await neighbours.served(a, 'backend')).toEqual(['v3']);
    expect(await neighbours.names()).toEqual([a]);
  });

  it('by depends_on with restart: true, and not without', async () => {
    const project = { 'com.docker.compose.project': 'shop' };
    const Labels = { ...project, 'com.docker.compose.service': 'web' };
    const { scenario, neighbours } = await Neighbours.start(HEALTHY, { container: { Labels } });
    const a = await neighbours.add('a', { Labels: { ...project, ...RESTARTED } });
    const b = await neighbours.add('b', { Labels: { ...project, ...NOT_RESTARTED } });
    const c = await neighbours.add('c', { Labels: RESTARTED });
    const before = await neighbours.inspect(a, b, c);
    expectGood(await scenario.ship(GOOD));
    const after = await neighbours.inspect(a, b, c);
    expect(after.map(({ Id }) => Id)).toEqual(before.map(({ Id }) => Id));
    const started = (each: readonly Docker.ContainerInspectInfo[]): string[] =>
      each.map(({ State }) => State.StartedAt);
    expect(started(after).slice(1)).toEqual(started(before).slice(1));
    const web = await scenario.inspect();
    expect(Date.parse(after[0]?.State.StartedAt ?? '')).toBeGreaterThan(
      Date.parse(web.State.StartedAt),
    );
  });
});

describe('a dependent whose tag has moved on', () => {
  it('stays on its image, and so does the tag on its own', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const { docker } = scenario.stage;
    const tag = `${scenario.container}-sidecar`;
    await docker.getImage(scenario.image()).tag({ repo: tag, tag: 'stable' });
    const Image = `${tag}:stable`;
    const a = await neighbours.add('a', { Image, HostConfig: { NetworkMode: scenario.container } });
    const [before] = await neighbours.inspect(a);
    await scenario.push({ version: 'other' }, 'other');
    await scenario.pull('other');
    await docker.getImage(scenario.image('other')).tag({ repo: tag, tag: 'stable' });
    const { Id: moved } = await docker.getImage(Image).inspect();

    expectGood(await scenario.ship(GOOD));
    const [after] = await neighbours.inspect(a);
    expect([after?.Image, after?.Config.Image]).toEqual([before?.Image, Image]);
    expect(after?.Id).not.toBe(before?.Id);
    expect((await docker.getImage(Image).inspect()).Id).toBe(moved);
  });
});

describe('a dry run', () => {
  it('names those that follow, and what is done to them', async () => {
    const { scenario, neighbours } = await Neighbours.start(HEALTHY);
    const a = await neighbours.add('a', { HostConfig: { NetworkMode: scenario.container } });
    const b = await neighbours.add('b', { HostConfig: { VolumesFrom: [scenario.container] } });
    await scenario.push(GOOD);
    const plan = await dryRun(scenario);
    expect(plan.dependents).toEqual([
      { name: a, by: ['network'], does: 'recreate' },
      { name: b, by: ['volumes'], does: 'nothing' },
    ]);
    expect(plan.steps.map(({ name }) => name)).toContain('create-dependent');
    expect(plan.steps.map(({ description }) => description)).toContain(
      `stop ${a}, which depends on ${scenario.container} (network)`,
    );
  });
});

/** Where it is not, its error tells more than its phase. */
function expectGood({ phase, error }: ShownDeployment): void {
  expect({ phase, error }).toEqual({ phase: 'succeeded', error: null });
}

interface ShownPlan {
  readonly steps: readonly { readonly name: string; readonly description: string }[];
  readonly dependents: readonly object[];
}

async function dryRun(scenario: Scenario<DeployInProcess>): Promise<ShownPlan> {
  const path = '/environments/staging/services/web/deployments';
  const body = JSON.stringify({ dryRun: true });
  const answer = await scenario.deploy.api(path, { method: 'POST', body });
  expect(answer.status).toBe(200);
  return (await answer.json()) as ShownPlan;
}
