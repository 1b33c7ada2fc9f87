import { createServer } from 'node:net';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../src/storage/sqlite/sqlite.js';
import { DeployProcess } from './support/deploy-process.js';
import { ownRegistry } from './support/own-registry.js';
import { Scenario } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const FAULTY = 'enviroments: {}\nwebhooks:\n  hub: { type: docker-hub, secret: short }\n';

async function prepared(
  configuration = '{}\n',
  environment: Record<string, string | undefined> = {},
): Promise<DeployProcess> {
  const deploy = await DeployProcess.prepare({ configuration, environment });
  onTestFinished(() => deploy.remove());
  return deploy;
}

describe('how the server ends', () => {
  it('with 0 when it is asked to', async () => {
    const deploy = await prepared();
    await deploy.start();
    expect(await deploy.stop()).toBe(0);
  });

  it('with 1 and every fault with its place, where the configuration is faulty', async () => {
    const deploy = await prepared(FAULTY);
    deploy.spawn();
    expect(await deploy.exit()).toBe(1);
    expect(deploy.stderr).toMatch(/deploy\.yaml:1:1: enviroments: .*environments/);
    expect(deploy.stderr).toMatch(/deploy\.yaml:3:\d+: webhooks\.hub\.secret: /);
    expect(deploy.stdout).toBe('');
  });

  it('with 2 where the storage cannot be opened', async () => {
    const deploy = await prepared();
    const file = join(deploy.folder, 'no-database.txt');
    await writeFile(file, 'the shopping list of somebody else\n'.repeat(100));
    const other = await DeployProcess.prepare({
      configuration: '{}\n',
      environment: { DEPLOY_STORAGE: `sqlite:${file}` },
    });
    onTestFinished(() => other.remove());
    other.spawn();
    expect(await other.exit()).toBe(2);
    expect(other.stderr).toContain(file);
    expect(await readFile(file, 'utf8')).toContain('shopping list');
  });

  it('with 2 where a newer Deploy has changed the storage, which is left byte for byte', async () => {
    const deploy = await prepared();
    await deploy.start();
    await deploy.stop();
    const file = join(deploy.folder, 'data', 'deploy.db');
    const handle = await openSqlite(file, { timeoutMs: 0 });
    handle.exec("insert into kysely_migration values ('9999-from-the-future', '2030-01-01')");
    handle.close();
    const before = await readFile(file);
    deploy.spawn();
    expect(await deploy.exit()).toBe(2);
    expect(deploy.stderr).toMatch(/newer Deploy.*9999-from-the-future.*start that version again/);
    expect(before.equals(await readFile(file))).toBe(true);
    // Nothing waits in the log beside it either, to be written into it later.
    const log = await stat(`${file}-wal`).catch(() => ({ size: 0 }));
    expect(log.size).toBe(0);
  });

  it('with 2 where another process has the storage', async () => {
    const deploy = await prepared();
    await deploy.start();
    const storage = `sqlite:${join(deploy.folder, 'data', 'deploy.db')}`;
    const second = await prepared('{}\n', { DEPLOY_STORAGE: storage });
    second.spawn();
    expect(await second.exit()).toBe(2);
    expect((await deploy.api('/environments')).status).toBe(200);
  });

  it('with 3 where its address is in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const deploy = await prepared('{}\n', { DEPLOY_LISTEN: `127.0.0.1:${String(port)}` });
    deploy.spawn();
    expect(await deploy.exit()).toBe(3);
    expect(deploy.stderr).toContain(String(port));
  });
});

describe('check', () => {
  it('prints ok, or every fault with its place', async () => {
    const deploy = await prepared();
    expect(await deploy.command('check')).toMatchObject({ code: 0, stdout: 'ok\n', stderr: '' });
    await deploy.configure(FAULTY);
    const faulty = await deploy.command('check');
    expect(faulty).toMatchObject({ code: 1, stdout: '' });
    expect(faulty.stderr.trim().split('\n').length).toBeGreaterThanOrEqual(2);
  });

  it('exits 1 where there is no file', async () => {
    const deploy = await prepared('{}\n', { DEPLOY_CONFIG: '/nonexistent/deploy.yaml' });
    const { code, stderr } = await deploy.command('check');
    expect(code).toBe(1);
    expect(stderr).toContain('/nonexistent/deploy.yaml');
  });
});

describe('the first start without any token', () => {
  it('makes one, prints it once and stores only its hash', async () => {
    const deploy = await prepared('{}\n', { DEPLOY_ADMIN_TOKEN: undefined });
    await deploy.start();
    const token = /^ {2}(\S{20,})$/m.exec(deploy.stdout)?.[1] ?? '';
    expect(token).not.toBe('');
    const ask = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await deploy.api('/environments', { headers })).status;
    };
    expect(await ask()).toBe(200);
    await deploy.restart();
    expect(await ask()).toBe(200);
    expect((deploy.stdout + deploy.stderr).split(token)).toHaveLength(2);
    const database = await readFile(join(deploy.folder, 'data', 'deploy.db'), 'latin1');
    expect(database).not.toContain(token);
  });
});

describe('SIGTERM during a rollout', () => {
  it('parks it where something serves, exits 0 in time, and the next start finishes it', async () => {
    const scenario = await Scenario.start({
      service: ['tag: latest', 'rollout: { health: { stableFor: 4s } }'],
    });
    await scenario.push({ version: 'v2', stopsFor: 1 });
    const id = await scenario.hookedDeployment();
    await waitFor(
      'the new one to be watched',
      () => scenario.deployment(id),
      ({ steps }) => steps.some((step) => step.name === 'verify-new'),
    );
    expect(await scenario.deploy.stop()).toBe(0);
    expect(await scenario.served()).toBe('v2');
    await scenario.deploy.start();
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toEqual({
      serves: 'v2',
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });
  });

  it('does not leave the service between two versions', async () => {
    const scenario = await Scenario.start({ app: { ...HEALTHY, stopsFor: 2 } });
    await scenario.push({ version: 'v2', check: 'healthy' });
    const id = await scenario.hookedDeployment();
    await waitFor(
      'the old one to be stopping',
      () => scenario.deployment(id),
      ({ steps }) => steps.some((step) => step.name === 'stop-old'),
    );
    expect(await scenario.deploy.stop()).toBe(0);
    expect(['v1', 'v2']).toContain(await waitFor('it to serve', () => scenario.served()));
    await scenario.deploy.start();
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
  });
});

describe('SIGHUP', () => {
  it('reads the configuration again: what waits for a service that is gone is cancelled', async () => {
    const { rig, stage } = await ownRegistry();
    const scenario = await Scenario.start({ app: HEALTHY, stage });
    await rig.stop();
    const id = await scenario.hookedDeployment();
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'waiting' });

    await scenario.deploy.configure(scenario.configuration.replace('      web:', '      shop:'));
    scenario.deploy.signal('SIGHUP');
    const cancelled = await scenario.inPhase(id, 'cancelled');
    expect(cancelled.reason).toContain('no longer in the configuration');
    expect((await scenario.deploy.api('/environments/staging/services/web')).status).toBe(404);
    expect(await scenario.served()).toBe('v1');
  });

  it('refuses a faulty one, and the old one stays in force', async () => {
    const scenario = await Scenario.start({ app: HEALTHY });
    await scenario.deploy.configure(FAULTY);
    scenario.deploy.signal('SIGHUP');
    await waitFor('the refusal in the log', () =>
      (scenario.deploy.stdout + scenario.deploy.stderr).includes('stays in force'),
    );
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({ phase: 'succeeded' });
  });
});
