import { expect, it, onTestFinished } from 'vitest';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Probe } from './support/probe.js';
import { pull } from './support/pull.js';
import { Relay } from './support/relay.js';
import { aSampleApp } from './support/sample-app.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';

it('a cut relay fails a pull half way, a mended one lets it through', async () => {
  const { docker, registry, registryHost } = sharedRig();
  const relay = await Relay.start(Number(registryHost.split(':')[1]));
  onTestFinished(() => relay.remove());
  const repository = `acme/${uniqueName('web')}`;
  await registry.push(repository, '1', aSampleApp({ version: 'v1', extraBytes: 20_000_000 }));

  relay.cutAfter(8_000_000);
  await expect(pull(docker, `${relay.host}/${repository}:1`)).rejects.toThrow();
  relay.mend();
  await pull(docker, `${relay.host}/${repository}:1`);
});

it('a probe sees how long a server was away', async () => {
  let answers = true;
  const server = createServer((_request, response) => {
    if (answers) response.end('v1');
    else response.socket?.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const probe = Probe.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await delay(300);
  const begun = performance.now();
  answers = false;
  await delay(400);
  answers = true;
  const away = performance.now() - begun;
  await delay(300);
  await probe.stop();

  expect(probe.served).toEqual(['v1']);
  expect(probe.failures.length).toBeGreaterThan(10);
  expect(probe.longestGap).toBeGreaterThan(away - 20);
  // The rest is how far apart two requests are on a busy machine.
  expect(probe.longestGap).toBeLessThan(away + 1_000);
});
