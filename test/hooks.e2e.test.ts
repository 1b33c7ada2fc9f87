import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readInContainer, writeInContainer } from './support/container-files.js';
import { ADMIN_TOKEN } from './support/deploy-process.js';
import { aNetwork } from './support/handovers.js';
import {
  anAppWithCommands as app,
  aReceiver,
  aVolume,
  lifeOf,
  logOf,
  runningHook,
  serviceWith,
  shell,
} from './support/hooks.js';
import { Scenario } from './support/scenario.js';
import { uniqueName } from './support/shared-rig.js';

const SECRET = 'signing-secret-of-the-tests-012345';

describe('a one-off container before a rollout', () => {
  it('has what the service has, and nothing by which anybody takes it for the service', async () => {
    const [front, back] = [aNetwork(), aNetwork()];
    const volume = uniqueName('data');
    const script = [
      'until [ -e /data/go ]; do sleep 0.1; done',
      'echo "$MODE $OWN $APP_VERSION $(id -g) $(cat /anonymous/kept) $(wget -q -O - http://shop:8080/)" > /data/seen',
      'echo "token $TOKEN"',
    ].join('; ');
    const env = { OWN: 'own', TOKEN: '${DEPLOY_ADMIN_TOKEN}' };
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: serviceWith({ before: [{ run: { command: shell(script), env } }] }),
      prepareEngine: async (docker) => {
        await front.make(docker);
        await back.make(docker);
        aVolume(docker, volume);
      },
      container: {
        User: '0:7',
        Hostname: 'shop-host',
        Env: ['MODE=all', 'OWN=of the service'],
        Labels: { 'com.example.route': 'web' },
        Volumes: { '/anonymous': {} },
        HostConfig: { NetworkMode: front.name, Binds: [`${volume}:/data`] },
        NetworkingConfig: { EndpointsConfig: { [front.name]: { Aliases: ['shop'] } } },
      },
    });
    const { docker } = scenario.stage;
    await docker.getNetwork(back.name).connect({ Container: scenario.container });
    await writeInContainer(scenario, '/anonymous/kept', 'kept');
    const before = await scenario.inspect();

    await scenario.push(app('v2', { Volumes: { '/scratch': {} } }));
    const id = await scenario.hookedDeployment();
    const hook = await runningHook(scenario);
    expect(hook.Config.Labels).toMatchObject({
      'deploy.role': 'hook',
      'deploy.deployment': id,
      'deploy.container': scenario.container,
    });
    expect(hook.Config.Labels).not.toHaveProperty('com.example.route');
    expect(hook.Config.Labels['deploy.instance']).not.toBe('');
    expect(hook.HostConfig.PortBindings).toEqual({});
    expect(hook.HostConfig.RestartPolicy?.Name).toBe('no');
    expect(hook.State.Health).toBeUndefined();
    expect(hook.Config.Hostname).not.toBe('shop-host');
    const networks = Object.entries(hook.NetworkSettings.Networks);
    expect(networks.map(([name]) => name).sort()).toEqual([front.name, back.name].sort());
    for (const [, { Aliases }] of networks) {
      expect(Aliases ?? []).toEqual([hook.Id.slice(0, 12)]);
    }
    const own = hook.Mounts.find(({ Destination }) => Destination === '/scratch')?.Name ?? '';
    expect(own).not.toBe('');
    expect(lifeOf(await scenario.inspect())).toEqual(lifeOf(before));

    await writeInContainer(scenario, '/data/go', '');
    const deployment = await scenario.ended(id);
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await readInContainer(scenario, '/data/seen')).toBe('all own v2 7 kept v1\n');
    expect(await scenario.names()).toEqual([scenario.container]);
    await expect(docker.getVolume(own).inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await readInContainer(scenario, '/anonymous/kept')).toBe('kept');
    const log = await logOf(scenario, id);
    expect(log).toContain('hook before 1 of 1 | token ***');
    expect(log + scenario.deploy.log).not.toContain(ADMIN_TOKEN);
  });
});

describe('a hook before that fails', () => {
  it('leaves the old version alone and nothing behind, and whoever wants to is told', async () => {
    const receiver = await aReceiver();
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: serviceWith({
        before: [
          { exec: { command: shell('echo tolerated; exit 4') }, onError: 'continue' },
          { run: { command: shell('echo one; echo "no such table"; exit 3') } },
          { exec: { command: shell('touch /never') } },
        ],
        onFailure: [{ http: { url: `http://${receiver.host}/failed` } }],
      }),
    });
    const before = await scenario.inspect();
    const plan = await scenario.deploy.api('/environments/staging/services/web/deployments', {
      method: 'POST',
      body: JSON.stringify({ dryRun: true, force: true }),
    });
    const { steps } = (await plan.json()) as { steps: { name: string; description: string }[] };
    expect(steps.filter(({ name }) => name === 'run-before-hook')[1]?.description).toBe(
      `hook before 2 of 3: run /bin/sh -c "echo one; echo \\"no such table\\"; exit 3" in ${scenario.container}.deploy-hook, a one-off container of the new image, within 60 s`,
    );

    const deployment = await scenario.ship(app('v2'));
    expect(deployment).toMatchObject({
      phase: 'failed',
      downtimeMs: 0,
      error: { code: 'hook-failed', serving: 'old' },
    });
    expect(deployment.error?.message).toContain(
      'the hook before 2 of 3 failed: it exited with code 3; its last line: "no such table"',
    );
    expect(deployment.steps.filter(({ name }) => name.endsWith('-hook'))).toMatchObject([
      { name: 'run-before-hook', outcome: 'failed' },
      { name: 'run-before-hook', outcome: 'failed' },
      { name: 'run-failure-hook', outcome: 'done' },
    ]);
    expect(lifeOf(await scenario.inspect())).toEqual(lifeOf(before));
    await expect(readInContainer(scenario, '/never')).rejects.toThrow();
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });
    expect((await scenario.stage.docker.getImage(scenario.image()).inspect()).Id).toBe(
      before.Image,
    );
    expect(receiver.requests).toHaveLength(1);
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({
      event: 'onFailure',
      deployment: { id: deployment.id },
      failure: { code: 'hook-failed' },
    });
  });
});

describe('a hook after that fails', () => {
  it.each(['recreate', 'start-first', 'handover'])(
    'brings the old version back and runs those of the failure in it: %s',
    async (strategy) => {
      const network = aNetwork();
      const isStartFirst = strategy === 'start-first';
      const scenario = await Scenario.startInProcess({
        app: app('v1'),
        service: serviceWith(
          {
            before: [{ exec: { in: 'old', command: shell('echo before > /told') } }],
            after: [{ exec: { in: 'new', command: shell('test "$APP_VERSION" != v2') } }],
            onFailure: [
              { exec: { command: shell('exit 1') }, onError: 'continue' },
              { exec: { command: shell('echo "$APP_VERSION failed" >> /told') } },
            ],
          },
          { strategy, watch: '0s' },
        ),
        prepareEngine: network.make,
        container: {
          HostConfig: {
            NetworkMode: network.name,
            ...(isStartFirst ? { PortBindings: {} } : {}),
          },
        },
      });
      const failed = await scenario.ship(app('v2'));
      expect(failed).toMatchObject({
        phase: 'rolled-back',
        strategy,
        error: { code: 'hook-failed', serving: 'old' },
      });
      expect(failed.error?.message).toContain('the hook after 1 of 1 failed');
      expect(failed.steps.slice(-2)).toMatchObject([
        { name: 'run-failure-hook', outcome: 'failed' },
        { name: 'run-failure-hook', outcome: 'done' },
      ]);
      expect(await scenario.names()).toEqual([scenario.container]);
      expect(await readInContainer(scenario, '/told')).toBe('before\nv1 failed\n');
      expect((await scenario.service()).quarantined).toEqual([]);
      if (strategy !== 'recreate') return;
      expect((await scenario.ship(app('v3'))).phase).toBe('succeeded');
    },
  );
});

describe('a hook that does not end', () => {
  it('is ended at its deadline, whatever kind it is, and leaves nothing', async () => {
    const receiver = await aReceiver(() => 'hang');
    const soon = { timeout: '1s', onError: 'continue' };
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: serviceWith({
        before: [
          { run: { command: ['/bin/sleep', '100'] }, ...soon },
          { exec: { command: ['/bin/sleep', '2'] }, ...soon },
          { http: { url: `http://${receiver.host}/` }, ...soon },
        ],
      }),
    });
    const deployment = await scenario.ship(app('v2'));
    expect(deployment.phase).toBe('succeeded');
    const hooks = deployment.steps.filter(({ name }) => name === 'run-before-hook');
    expect(hooks.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
    for (const { detail } of hooks) expect(detail).toContain('did not end within 1 s');
    expect(await scenario.names()).toEqual([scenario.container]);
  });
});

describe('a request of a hook', () => {
  it('is signed, describes the deployment, and follows no redirect', async () => {
    const receiver = await aReceiver(({ url }) =>
      url === '/away'
        ? { status: 302, headers: { location: '/elsewhere' } }
        : { status: 201, body: 'x'.repeat(100_000) },
    );
    const url = `http://${receiver.host}`;
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: serviceWith({
        before: [{ http: { url: `${url}/away`, method: 'PUT' }, onError: 'continue' }],
        after: [{ http: { url: `${url}/done`, secret: SECRET, headers: { 'X-Team': 'web' } } }],
      }),
    });
    const { id, phase } = await scenario.ship(app('v2'));
    expect(phase).toBe('succeeded');
    expect(receiver.log).toEqual(['PUT /away', 'POST /done']);
    const [, request] = receiver.requests;
    if (request === undefined) throw new Error('nobody was told');
    const { headers, body } = request;
    const timestamp = String(headers['x-deploy-timestamp']);
    const expected = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'web',
      'x-deploy-signature': `sha256=${expected}`,
    });
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(60);
    expect(JSON.parse(body)).toMatchObject({
      event: 'after',
      deployment: { id, environment: 'staging', service: 'web', phase: 'running' },
      failure: null,
    });
    expect(await logOf(scenario, id)).toContain('answered 302, and redirects are not followed');
  });
});

describe('a server that ends in the middle of a hook', () => {
  it('runs it again at the next start, and leaves nothing of it', async () => {
    const volume = uniqueName('data');
    const script = 'echo run >> /data/runs; [ "$(wc -l < /data/runs)" -ge 3 ] || sleep 300';
    const scenario = await Scenario.start({
      app: app('v1'),
      service: serviceWith({ before: [{ run: { command: shell(script) }, timeout: '5m' }] }),
      prepareEngine: (docker) => {
        aVolume(docker, volume);
        return Promise.resolve();
      },
      container: { HostConfig: { Binds: [`${volume}:/data`] } },
    });
    const { docker } = scenario.stage;
    await scenario.push(app('v2'));
    const id = await scenario.hookedDeployment();
    await runningHook(scenario);
    expect(await scenario.deploy.stop()).toBe(0);
    expect(await scenario.names()).toEqual([
      scenario.container,
      `${scenario.container}.deploy-new`,
    ]);

    await scenario.deploy.start();
    const { Id: second } = await runningHook(scenario);
    await scenario.deploy.kill();
    expect((await docker.getContainer(second).inspect()).State.Running).toBe(true);

    await scenario.deploy.start();
    const deployment = await scenario.ended(id);
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(deployment.steps.filter(({ name }) => name.endsWith('-hook'))).toMatchObject([
      { name: 'run-before-hook', outcome: 'interrupted' },
      { name: 'run-before-hook', outcome: 'interrupted' },
      { name: 'remove-hook', outcome: 'done' },
      { name: 'run-before-hook', outcome: 'done' },
    ]);
    expect(await readInContainer(scenario, '/data/runs')).toBe('run\nrun\nrun\n');
    expect(await scenario.names()).toEqual([scenario.container]);
    await expect(docker.getContainer(second).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});
