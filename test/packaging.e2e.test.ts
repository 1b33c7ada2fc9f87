import type Docker from 'dockerode';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { buildFromProject, makeBuildBase, makeRuntimeBase } from './support/local-base-images.js';
import { freePort } from './support/network-namespace.js';
import { rigFolder } from './support/rig-environment.js';
import { Scenario } from './support/scenario.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { SocketProxy } from './support/socket-proxy.js';
import { waitFor } from './support/wait-for.js';

const IMAGE = 'deploy-under-test:latest';
const CONTEXT = ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json', 'LICENSE'];
const SOURCES = [
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.types.json',
  'nest-cli.json',
  'src',
  'scripts/bundle-dependencies.ts',
];

describe('the image', () => {
  // Runs the whole Dockerfile as shipped, by the classic builder; only its base images are other ones.
  beforeAll(async () => {
    const { docker } = sharedRig();
    await Promise.all([
      makeRuntimeBase(docker, 'runtime-base:latest'),
      makeBuildBase(docker, 'build-base:latest'),
    ]);
    await buildFromProject(docker, [...CONTEXT, ...SOURCES], {
      t: IMAGE,
      buildargs: { RUNTIME_IMAGE: 'runtime-base:latest', BUILD_IMAGE: 'build-base:latest' },
    });
  }, 240_000);

  it('starts as an ordinary user, reaches its engine, turns healthy and stops cleanly', async () => {
    const { docker, socket } = sharedRig();
    const port = await freePort();
    const container = await docker.createContainer({
      name: uniqueName('deploy'),
      Image: IMAGE,
      Env: ['DEPLOY_ADMIN_TOKEN=admin-token-of-the-image-0123456789'],
      HostConfig: {
        Binds: [`${await aConfiguration()}:/etc/deploy/deploy.yaml:ro`, `${socket}:/engine.sock`],
        GroupAdd: [String((await stat(socket)).gid)],
        PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      },
    });
    onTestFinished(() => container.remove({ force: true, v: true }));
    await container.start();

    const ready = await toldBy(container, () =>
      waitFor(
        'readiness',
        async () => {
          const signal = AbortSignal.timeout(5_000);
          return (await fetch(`http://127.0.0.1:${port}/health/ready`, { signal })).text();
        },
        (text) => text.includes('"up"'),
        { within: 40_000 },
      ),
    );
    expect(JSON.parse(ready)).toMatchObject({ engines: expect.anything() as unknown });
    await toldBy(container, () =>
      waitFor(
        'HEALTHCHECK to pass',
        async () => (await container.inspect()).State.Health?.Status,
        (status) => status === 'healthy',
        { within: 60_000 },
      ),
    );
    const { Processes } = (await container.top({ ps_args: '-eo uid,pid,args' })) as {
      Processes: readonly (readonly string[])[];
    };
    expect(Processes[0]?.[0]).toBe('1000');

    await container.stop({ t: 10 });
    expect((await container.inspect()).State).toMatchObject({ ExitCode: 0, OOMKilled: false });
  });

  it('checks a configuration', async () => {
    const { docker } = sharedRig();
    const container = await docker.createContainer({
      Image: IMAGE,
      Cmd: ['check'],
      HostConfig: { Binds: [`${await aConfiguration()}:/etc/deploy/deploy.yaml:ro`] },
    });
    onTestFinished(() => container.remove({ force: true, v: true }));
    await container.start();
    await container.wait();
    expect((await container.logs({ stdout: true, stderr: true })).toString()).toContain('ok');
    expect((await container.inspect()).State.ExitCode).toBe(0);
  });

  it('has the program and nothing to build it with', async () => {
    const { docker } = sharedRig();
    const list = 'ls /app /app/node_modules; id -u; ls -ld /var/lib/deploy';
    const container = await docker.createContainer({
      Image: IMAGE,
      Entrypoint: ['/bin/sh', '-c', list],
      Tty: true,
    });
    onTestFinished(() => container.remove({ force: true, v: true }));
    await container.start();
    await container.wait();
    const output = (await container.logs({ stdout: true })).toString();
    const words = output.split(/\s+/);
    expect(words).toEqual(expect.arrayContaining(['dist', 'LICENSE', 'package.json', 'dockerode']));
    for (const tool of ['src', 'typescript', 'vitest', 'esbuild', 'eslint']) {
      expect(words).not.toContain(tool);
    }
    expect(output).toMatch(/drwx------ +\d+ node +node/);
  });
});

describe('compose.yaml', () => {
  it('opens exactly those parts of the Engine API that a deployment takes', async () => {
    const permissions = await proxyPermissions();
    const { docker, socket } = sharedRig();
    const network = await docker.createNetwork({ Name: uniqueName('net') });
    onTestFinished(() => network.remove());
    const scenario = await Scenario.start({
      app: { version: 'v1', check: 'healthy' },
      // The strategy that asks for the most.
      service: [
        'tag: latest',
        'rollout: { strategy: handover, overlap: allowed, watch: 500ms, health: { exec: { command: [/bin/true] } } }',
      ],
      container: { Volumes: { '/data': {} } },
      prepareOnly: true,
    });
    await network.connect({ Container: scenario.container });
    const proxy = await SocketProxy.start(socket, permissions);
    onTestFinished(() => proxy.remove());
    const direct = `host: "unix://${socket}"`;
    expect(scenario.configuration).toContain(direct);
    await scenario.deploy.configure(
      scenario.configuration.replace(direct, `host: "${proxy.host}", insecure: true`),
    );
    await scenario.deploy.start();

    const good = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(good).toMatchObject({ phase: 'succeeded', strategy: 'handover', error: null });
    const bad = await scenario.ship({ version: 'v3', exitsAtOnce: 1 });
    expect(bad).toMatchObject({ phase: 'failed', error: { code: 'exited', serving: 'old' } });
    await network.disconnect({ Container: scenario.container, Force: true });

    expect(proxy.denied).toEqual([]);
    expect(proxy.used).toEqual([...permissions].sort());
  });
});

/** Does something that a container has part in; a failure tells what the container was like then. */
async function toldBy<T>(container: Docker.Container, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { State } = await container.inspect();
    const log = await container.logs({ stdout: true, stderr: true });
    throw new Error(`${String(error)}\n${JSON.stringify(State)}\n${log.toString()}`, {
      cause: error,
    });
  }
}

async function aConfiguration(): Promise<string> {
  const file = join(rigFolder(), `${uniqueName('deploy')}.yaml`);
  await writeFile(
    file,
    `engines:
  local: { host: "unix:///engine.sock" }
environments:
  staging:
    engine: local
    services:
      web: { container: no-such-container, image: acme/web, tag: latest }
`,
  );
  return file;
}

/** What the example gives the socket proxy. */
async function proxyPermissions(): Promise<readonly string[]> {
  const compose = parse(await readFile(new URL('../compose.yaml', import.meta.url), 'utf8')) as {
    services: { 'socket-proxy': { environment: Record<string, number> } };
  };
  const { environment } = compose.services['socket-proxy'];
  return Object.keys(environment).filter((name) => environment[name] === 1);
}
