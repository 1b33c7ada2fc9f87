import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { aDockerHubPush } from '../support/docker-hub.js';
import { Fleet } from '../support/kill-fleet.js';
import { HUB_SECRET } from '../support/service-setup.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS } from '../support/trials.js';

const FLEETS = ALL_TRIALS ? 4 : 2;
const ROUNDS = ALL_TRIALS ? 5 : 2;

interface Receipt {
  readonly delivery: string;
  readonly deployments: readonly string[];
}

/** Posts the hook over a plain socket and kills Deploy in the very turn in which the whole answer is there. */
async function hookAndKill(fleet: Fleet, tag: string): Promise<Receipt> {
  const url = new URL(fleet.deploy.baseUrl);
  const body = JSON.stringify(aDockerHubPush({ repository: `acme/${fleet.name}`, tag }));
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    [
      `POST /webhooks/hub/${HUB_SECRET} HTTP/1.1`,
      `host: ${url.host}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [head = '', payload = ''] = text.split('\r\n\r\n');
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Infinity);
      if (Buffer.byteLength(payload) < length) return;
      fleet.deploy.signal('SIGKILL');
      resolve(text);
    });
  });
  expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  socket.destroy();
  return JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as Receipt;
}

it('finds every delivery that was answered 202, and its deployment, after kill -9 at that moment', async () => {
  const found: string[] = [];
  const play = async (): Promise<void> => {
    const fleet = await Fleet.prepare(sharedRig(), ROUNDS);
    onTestFinished(() => fleet.deploy.remove());
    await fleet.start();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const receipt = await hookAndKill(fleet, `s${round}`);
      await fleet.deploy.kill();
      await fleet.start();
      const delivery = await fleet.deploy.api(`/deliveries/${receipt.delivery}`);
      expect(await delivery.json()).toMatchObject({
        id: receipt.delivery,
        outcome: 'accepted',
        deployments: receipt.deployments,
      });
      expect(receipt.deployments).toHaveLength(1);
      const deployment = await fleet.deploy.api(`/deployments/${receipt.deployments[0] ?? ''}`);
      expect(await deployment.json()).toMatchObject({
        service: `s${round}`,
        trigger: { delivery: receipt.delivery },
      });
      found.push(receipt.delivery);
    }
  };
  await Promise.all(Array.from({ length: FLEETS }, play));
  expect(new Set(found).size).toBe(FLEETS * ROUNDS);
}, 600_000);
