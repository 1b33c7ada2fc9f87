import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';
import { DeployProcess } from '../test/support/deploy-process.js';
import { aDockerHubPush } from '../test/support/docker-hub.js';
import { deployConfiguration, HUB_SECRET } from './deploy-configuration.js';
import type { Series } from './series.js';
import type { Stage } from './stage.js';

const REPOSITORY = 'bench/deliveries';
/** Deliveries of each kind and round, one after the other and with 16 senders at once. */
const COUNTS = { alone: 40, together: 80 } as const;
const SENDERS = { alone: 1, together: 16 } as const;
const CONCURRENCIES = ['alone', 'together'] as const;
const KINDS = ['ignored', 'accepted'] as const;
const APPENDS = 200;

/** How many deliveries one run posts in all. */
export function deliveriesPosted(rounds: number): number {
  return rounds * KINDS.length * (COUNTS.alone + COUNTS.together);
}

/**
 * Deliveries per second that are on disk when they are answered, beside appends per second to a file in the
 * same folder, each with an fsync. Every body is distinct. `ignored`: the tag is not the service's; one
 * delivery is stored. `accepted`: the tag is; delivery and its link to the waiting deployment are stored.
 * That deployment waits all the time, for a registry that never answers: no engine is asked.
 */
export async function measureDeliveries(stage: Stage, rounds: number): Promise<readonly Series[]> {
  const registry = await SilentServer.start();
  const configuration = deployConfiguration(stage, registry.host, {
    container: 'bench-deliveries',
    image: `${registry.host}/${REPOSITORY}`,
  });
  const deploy = await DeployProcess.start({ configuration });
  const sender = new Sender(deploy.baseUrl);
  try {
    // Makes the deployment that the others join, and warms up.
    for (const kind of KINDS) await sender.send(kind, COUNTS.together, SENDERS.together);
    const samples = new Map<string, number[]>();
    const add = (name: string, perSecond: number): void => {
      samples.set(name, [...(samples.get(name) ?? []), perSecond]);
    };
    for (let round = 0; round < rounds; round += 1) {
      add(BASELINE, appendsPerSecond(join(deploy.folder, 'data', 'appends')));
      for (const kind of KINDS) {
        for (const concurrency of CONCURRENCIES) {
          const senders = SENDERS[concurrency];
          const perSecond = await sender.send(kind, COUNTS[concurrency], senders);
          add(`${kind} deliveries, ${senders} at a time`, perSecond);
        }
      }
    }
    return [...samples].map(([name, values]) => ({ name, unit: '/s', samples: values }));
  } finally {
    await sender.close();
    await deploy.remove();
    await registry.close();
  }
}

/** Name of the baseline's series. */
export const BASELINE = 'appends with fsync';

/** As much as a delivery's body, appended and brought to disk again and again, by nobody else at once. */
function appendsPerSecond(file: string): number {
  const body = Buffer.from(JSON.stringify(aDockerHubPush({ repository: REPOSITORY, tag: 'x' })));
  const descriptor = openSync(file, 'a');
  try {
    const begun = performance.now();
    for (let count = 0; count < APPENDS; count += 1) {
      writeSync(descriptor, body);
      fsyncSync(descriptor);
    }
    return perSecondSince(begun, APPENDS);
  } finally {
    closeSync(descriptor);
  }
}

/** Posts hooks, each with another time of its push. */
class Sender {
  readonly #pool: Pool;
  #pushedAt = 1_700_000_000;

  constructor(baseUrl: string) {
    this.#pool = new Pool(baseUrl, { connections: SENDERS.together, pipelining: 1 });
  }

  /** Returns deliveries per second. */
  async send(kind: (typeof KINDS)[number], count: number, senders: number): Promise<number> {
    let left = count;
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (left > 0) {
          left -= 1;
          await this.post(kind);
        }
      }),
    );
    return perSecondSince(begun, count);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  private async post(kind: (typeof KINDS)[number]): Promise<void> {
    this.#pushedAt += 1;
    const tag = kind === 'accepted' ? 'latest' : 'another';
    const push = { repository: REPOSITORY, tag, pushedAt: this.#pushedAt };
    const answer = await this.#pool.request({
      method: 'POST',
      path: `/webhooks/hub/${HUB_SECRET}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(aDockerHubPush(push)),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 202 || !text.includes(`"outcome":"${kind}"`)) {
      throw new Error(`A delivery was answered ${answer.statusCode} ${text}`);
    }
  }
}

/** Takes connections and says nothing. */
class SilentServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    await new Promise<void>((resolve) => silent.#server.listen(0, '127.0.0.1', resolve));
    return silent;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function perSecondSince(begun: number, count: number): number {
  return (count * 1_000) / (performance.now() - begun);
}
