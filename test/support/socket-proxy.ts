import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forwardToEngine } from './engine-forwarding.js';

/** Which first part of an Engine API path each permission of the socket proxy opens. */
const SECTIONS = {
  PING: '_ping',
  VERSION: 'version',
  INFO: 'info',
  EVENTS: 'events',
  CONTAINERS: 'containers',
  EXEC: 'exec',
  IMAGES: 'images',
  NETWORKS: 'networks',
  VOLUMES: 'volumes',
} as const;

/**
 * An engine behind the permissions of compose.yaml: what they do not open answers 403, as the socket
 * proxy named there does. Remembers what was asked.
 */
export class SocketProxy {
  readonly #used = new Set<string>();
  readonly #denied = new Set<string>();

  private constructor(
    private readonly socket: string,
    private readonly permissions: ReadonlySet<string>,
    private readonly server: ReturnType<typeof createServer>,
  ) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      this.pass(asked, answer);
    });
  }

  static async start(socket: string, permissions: Iterable<string>): Promise<SocketProxy> {
    const server = createServer();
    const proxy = new SocketProxy(socket, new Set(permissions), server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `tcp://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** The permissions without which some request would have been denied, sorted. */
  get used(): readonly string[] {
    return [...this.#used].sort();
  }

  /** Requests that were denied, as `METHOD /path`. */
  get denied(): readonly string[] {
    return [...this.#denied];
  }

  async remove(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = (asked.url ?? '').split('?')[0]?.replace(/^\/v[\d.]+/, '') ?? '';
    const section = Object.entries(SECTIONS).find(([, start]) => path.startsWith(`/${start}`));
    const needed = [section?.[0] ?? 'NOTHING', ...(asked.method === 'GET' ? [] : ['POST'])];
    if (!needed.every((permission) => this.permissions.has(permission))) {
      this.#denied.add(`${asked.method ?? ''} ${path}`);
      answer.writeHead(403).end();
      return;
    }
    for (const permission of needed) this.#used.add(permission);
    forwardToEngine(this.socket, asked, answer);
  }
}
