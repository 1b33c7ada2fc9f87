import type Docker from 'dockerode';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { Neighbours } from './support/neighbours.js';
import { Scenario, type ShownDeployment } from './support/scenario.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const GOOD = { version: 'v2', check: 'healthy' } as const;
const BAD = { version: 'v2', check: 'unhealthy' } as const;
const RESTARTED = { 'com.docker.compose.depends_on': 'web:service_started:true' };
const NOT_RESTARTED = { 'com.docker.compose.depends_on': 'web:service_started:false' };

async function aScene(options: Parameters<typeof Scenario.startInProcess>[0] = {}) {
  const scenario = await Scenario.startInProcess({ app: HEALTHY, ...options });
  return { scenario, neighbours: new Neighbours(scenario) };
}

describe('containers in the network of a container that is replaced', () => {
  it('follow it, one after the other, and stay on their own image, whatever its tag', async () => {
    const { scenario, neighbours } = await aScene();
    const { docker } = scenario.stage;
    const repo = `${scenario.container}-sidecar`;
    await docker.getImage(scenario.image()).tag({ repo, tag: 'stable' });
    const a = await neighbours.add('a', { HostConfig: { NetworkMode: scenario.container } });
    const b = await neighbours.add('b', { HostConfig: { NetworkMode: a } });
    const c = await neighbours.add('c', {
      Image: `${repo}:stable`,
      HostConfig: { NetworkMode: scenario.container },
    });
    const before = await neighbours.inspect(a, b, c);
    await scenario.push({ version: 'other' }, 'other');
    await scenario.pull('other');
    await docker.getImage(scenario.image('other')).tag({ repo, tag: 'stable' });
    const { Id: moved } = await docker.getImage(`${repo}:stable`).inspect();
    expectGood(await scenario.ship(GOOD));

    const web = await scenario.inspect();
    const after = await neighbours.inspect(a, b, c);
    expect(after.map(({ HostConfig }) => HostConfig.NetworkMode)).toEqual([
      `container:${web.Id}`,
      `container:${after[0]?.Id ?? ''}`,
      `container:${web.Id}`,
    ]);
    expect(await neighbours.served(a, b, c)).toEqual(['v2', 'v2', 'v2']);
    for (const [index, each] of after.entries()) {
      const { Id, Image, Config, HostConfig } = before[index] as Docker.ContainerInspectInfo;
      expect(each.Id).not.toBe(Id);
      expect([each.Image, each.Config.Image]).toEqual([Image, Config.Image]);
      expect(each.HostConfig.RestartPolicy).toEqual(HostConfig.RestartPolicy);
    }
    expect(await neighbours.names()).toEqual([a, b, c]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
    // Both tags were theirs for a moment.
    expect((await docker.getImage(scenario.image()).inspect()).Id).toBe(web.Image);
    expect((await docker.getImage(`${repo}:stable`).inspect()).Id).toBe(moved);
  });

  it('are started again as they were where the new one is bad', async () => {
    const { scenario, neighbours } = await aScene();
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
    const { scenario, neighbours } = await aScene();
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
    const { scenario, neighbours } = await aScene();
    const a = await neighbours.add('a', {
      Entrypoint: ['/bin/sh', '-c', '[ -e /mark ] && exit 4; : > /mark; sleep 1000'],
      HostConfig: { NetworkMode: scenario.container, RestartPolicy: { Name: 'no' } },
    });
    const { phase, error } = await scenario.ship(BAD);
    expect({ phase, error }).toMatchObject({
      phase: 'failed',
      error: { code: 'unhealthy', serving: 'old' },
    });
    expect(error?.message).toContain(`${a}, which depends on ${scenario.container}`);
    expect(error?.message).toContain('docker start');
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', names: [scenario.container] });
    expect(await neighbours.names()).toEqual([a]);
  });
});

describe('containers that depend on a replaced one in other ways', () => {
  it('by its namespaces and by a link on the default bridge; a dry run names them', async () => {
    const { scenario, neighbours } = await aScene({
      container: { HostConfig: { IpcMode: 'shareable' } },
    });
    const joined = `container:${scenario.container}`;
    const a = await neighbours.add('a', { HostConfig: { IpcMode: joined } });
    const b = await neighbours.add('b', { HostConfig: { PidMode: joined } });
    const Links = [`${scenario.container}:backend`];
    const c = await neighbours.add('c', { HostConfig: { Links } });
    const d = await neighbours.add('d', { HostConfig: { VolumesFrom: [scenario.container] } });
    const [untouched] = await neighbours.inspect(d);
    await scenario.push(GOOD);
    const plan = await dryRun(scenario);
    expect(plan.dependents).toEqual([
      { name: a, by: ['ipc'], does: 'recreate' },
      { name: b, by: ['pid'], does: 'recreate' },
      { name: c, by: ['link'], does: 'recreate' },
      { name: d, by: ['volumes'], does: 'nothing' },
    ]);
    expect(plan.steps.map(({ description }) => description)).toContain(
      `stop ${c}, which depends on ${scenario.container} (link)`,
    );

    expectGood(await scenario.ended(await scenario.hookedDeployment()));
    const web = await scenario.inspect();
    const [newA, newB, newC, newD] = await neighbours.inspect(a, b, c, d);
    expect([newA?.HostConfig.IpcMode, newB?.HostConfig.PidMode]).toEqual([
      `container:${web.Id}`,
      `container:${web.Id}`,
    ]);
    expect(newC?.HostConfig.Links).toEqual([`/${scenario.container}:/${c}/backend`]);
    expect(newD?.State.StartedAt).toBe(untouched?.State.StartedAt);
    expect(await neighbours.served(c, 'backend')).toEqual(['v2']);
    expect(await neighbours.names()).toEqual([a, b, c, d]);
  });

  it('by depends_on with restart: true, and not without', async () => {
    const project = { 'com.docker.compose.project': uniqueName('shop') };
    const Labels = { ...project, 'com.docker.compose.service': 'web' };
    const { scenario, neighbours } = await aScene({ container: { Labels } });
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

describe('a dependent that is a service of its own', () => {
  it('is rolled out before or after, never at once, and what it runs stays known', async () => {
    const repository = `acme/${uniqueName('shared')}`;
    const worker = uniqueName('worker');
    const image = `"${sharedRig().registryHost}/${repository}"`;
    const { scenario, neighbours } = await aScene({
      repository,
      service: ['tag: latest'],
      furtherServices: ['worker:', `  container: ${worker}`, `  image: ${image}`, '  tag: worker'],
    });
    await scenario.push({ version: 'v8' }, 'worker');
    await scenario.pull('worker');
    await neighbours.addNamed(worker, {
      Image: scenario.image('worker'),
      HostConfig: { NetworkMode: scenario.container },
    });
    const digest = await scenario.push({ version: 'v9' }, 'worker');
    await scenario.push(GOOD);
    const ids = await Promise.all([
      scenario.hookedDeployment(),
      scenario.hookedDeployment('worker'),
    ]);
    for (const id of ids) expectGood(await scenario.ended(id));

    const web = await scenario.inspect();
    const [after] = await neighbours.inspect(worker);
    expect(after?.HostConfig.NetworkMode).toBe(`container:${web.Id}`);
    expect(after?.State.Running).toBe(true);
    expect(after?.Config.Labels['version']).toBe('v9');
    expectGood(await scenario.ship({ ...GOOD, version: 'v3' }));
    const answer = await scenario.deploy.api('/environments/staging/services/worker');
    expect(await answer.json()).toMatchObject({ running: { digest, tag: 'worker' } });
    expect(await neighbours.served(worker)).toEqual(['v3']);
  });
});

describe('a rollout that only the labels tell of', () => {
  it('brings the dependents along', async () => {
    const scenario = await Scenario.start({ app: HEALTHY });
    const neighbours = new Neighbours(scenario);
    const a = await neighbours.add('a', { HostConfig: { NetworkMode: scenario.container } });
    const b = await neighbours.add('b', { HostConfig: { NetworkMode: a } });
    const { deploy } = scenario;
    const [data, backup] = [join(deploy.folder, 'data'), join(deploy.folder, 'backup')];
    await deploy.stop();
    await cp(data, backup, { recursive: true });
    await deploy.start();
    await scenario.push(GOOD);
    const id = await scenario.hookedDeployment();
    await waitFor(
      'the dependents to be stopped',
      () => scenario.deployment(id),
      ({ steps }) => steps.some(({ name }) => name === 'stop-old'),
      { every: 5 },
    );
    await deploy.kill();
    await rm(data, { recursive: true });
    await cp(backup, data, { recursive: true });
    await deploy.start();

    const found = await waitFor('the rollout to be found', () => newest(scenario), Boolean);
    expect(found?.trigger.by).toBe('recovery');
    expectGood(await scenario.ended(found?.id ?? ''));
    const web = await scenario.inspect();
    const [newA, newB] = await neighbours.inspect(a, b);
    expect([newA?.HostConfig.NetworkMode, newB?.HostConfig.NetworkMode]).toEqual([
      `container:${web.Id}`,
      `container:${newA?.Id ?? ''}`,
    ]);
    expect(await neighbours.served(a, b)).toEqual(['v2', 'v2']);
    expect(await neighbours.names()).toEqual([a, b]);
  });
});

/** Where it is not, its error tells more than its phase. */
function expectGood({ phase, error }: ShownDeployment): void {
  expect({ phase, error }).toEqual({ phase: 'succeeded', error: null });
}

async function newest(scenario: Scenario): Promise<Deployment | undefined> {
  const answer = await scenario.deploy.api('/deployments?environment=staging&service=web');
  return ((await answer.json()) as { items: Deployment[] }).items[0];
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
