import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineRig } from './support/engine-rig.js';
import { NetworkNamespace, freePort } from './support/network-namespace.js';
import { pull } from './support/pull.js';
import { REGISTRY_USER, RegistryRig } from './support/registry-rig.js';
import { aSampleApp } from './support/sample-app.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const textAt = async (url: string): Promise<string> => {
  const answer = await fetch(url, {
    headers: { connection: 'close' },
    // Before a container listens, the engine's proxy may take a connection and never answer on it.
    signal: AbortSignal.timeout(2_000),
  });
  return answer.text();
};

describe('the shared rig', () => {
  it('runs an image pulled by digest and serves it on a published loopback port', async () => {
    const { docker, registry, registryHost } = sharedRig();
    const repository = `acme/${uniqueName('web')}`;
    const digest = await registry.push(repository, 'latest', aSampleApp({ version: 'v1' }));
    expect(await registry.digestOf(repository, 'latest')).toBe(digest);

    const reference = `${registryHost}/${repository}@${digest}`;
    await pull(docker, reference);
    const port = await freePort();
    const container = await docker.createContainer({
      name: uniqueName('web'),
      Image: reference,
      HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] } },
    });
    onTestFinished(() => container.remove({ force: true }));
    await container.start();

    const served = await waitFor('the app', () => textAt(`http://127.0.0.1:${port}/`));
    expect(served).toBe('v1\n');
  });

  it.each([
    { check: 'healthy', expected: 'healthy' },
    { check: 'unhealthy', expected: 'unhealthy' },
  ] as const)('lets an app with a $check check become $expected', async ({ check, expected }) => {
    const { docker, registry, registryHost } = sharedRig();
    const repository = `acme/${uniqueName('web')}`;
    await registry.push(repository, '1', aSampleApp({ version: 'v1', check }));
    await pull(docker, `${registryHost}/${repository}:1`);
    const container = await docker.createContainer({ Image: `${registryHost}/${repository}:1` });
    onTestFinished(() => container.remove({ force: true }));
    await container.start();

    await waitFor(
      `health ${expected}`,
      async () => (await container.inspect()).State.Health?.Status,
      (status) => status === expected,
    );
  });

  it('stops the sample app at SIGTERM, or not, as it was told', async () => {
    const { docker, registry, registryHost } = sharedRig();
    const stopTime = async (ignoresTerm: boolean): Promise<number> => {
      const repository = `acme/${uniqueName('web')}`;
      await registry.push(repository, '1', aSampleApp({ version: 'v1', ignoresTerm }));
      await pull(docker, `${registryHost}/${repository}:1`);
      const container = await docker.createContainer({ Image: `${registryHost}/${repository}:1` });
      onTestFinished(() => container.remove({ force: true }));
      await container.start();
      await waitFor('it to serve', async () =>
        String(await container.logs({ stdout: true })).includes('serves'),
      );
      const before = performance.now();
      await container.stop({ t: 2 });
      return performance.now() - before;
    };
    expect(await stopTime(false)).toBeLessThan(1_500);
    expect(await stopTime(true)).toBeGreaterThan(1_900);
  });
});

describe('an engine and registry in a network of their own', () => {
  it('keep containers and images over a restart and a crash of the engine', async () => {
    const place = await NetworkNamespace.create();
    const engine = await EngineRig.start({ place, arguments: ['--live-restore'] });
    const registry = await RegistryRig.start({ place });
    onTestFinished(async () => {
      await registry.remove();
      await engine.remove();
      await place.remove();
    });
    await registry.client.push('acme/web', 'latest', aSampleApp({ version: 'v1' }));
    await registry.stop();
    await registry.start();
    await pull(engine.docker, `${registry.host}/acme/web:latest`);
    const container = await engine.docker.createContainer({
      Image: `${registry.host}/acme/web:latest`,
      HostConfig: {
        RestartPolicy: { Name: 'always' },
        PortBindings: { '8080/tcp': [{ HostPort: '8081' }] },
      },
    });
    await container.start();
    const url = `http://${place.address}:8081/`;
    expect(await waitFor('the app', () => textAt(url))).toBe('v1\n');

    await engine.restart();
    expect(await waitFor('the app after a restart', () => textAt(url))).toBe('v1\n');
    await engine.kill();
    expect(await textAt(url)).toBe('v1\n');
    await engine.start();
    expect(await waitFor('the app after a crash', () => textAt(url))).toBe('v1\n');
  });
});

describe('a registry with credentials', () => {
  it('lets only its user pull', async () => {
    const { docker } = sharedRig();
    const registry = await RegistryRig.start({ auth: true });
    onTestFinished(() => registry.remove());
    await registry.client.push('acme/web', 'latest', aSampleApp({ version: uniqueName('v') }));
    const reference = `${registry.host}/acme/web:latest`;

    await expect(pull(docker, reference)).rejects.toThrow(/no basic auth credentials/);
    const wrong = { username: 'acme', password: 'wrong', serveraddress: registry.host };
    await expect(pull(docker, reference, wrong)).rejects.toThrow(/unauthorized/);
    await pull(docker, reference, { ...REGISTRY_USER, serveraddress: registry.host });
  });
});
