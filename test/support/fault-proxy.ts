import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forwardToEngine, passOn, type Deliver } from './engine-forwarding.js';

/**
 * What goes wrong with one call to an engine:
 * - `500`, `503`, `409`: it is refused, and the engine is not asked.
 * - `cut before`: the connection ends, and the engine is not asked.
 * - `cut after`: the engine does it, and the connection ends instead of the answer.
 * - `502 after`: the engine does it, and something between answers with an error.
 * - `cut inside`: the connection ends in the middle of the answer.
 * - `hang`: nothing comes, and the engine is not asked.
 * - `slow`: the engine does it at once, its answer comes late.
 */
export type FaultKind =
  '500' | '503' | '409' | 'cut before' | 'cut after' | '502 after' | 'cut inside' | 'hang' | 'slow';

/** How late a slow answer is, in milliseconds. */
export const SLOW_MS = 3_000;
/** A stream that says nothing yet is cut after this long, in milliseconds. */
const SILENT_MS = 200;

/** Something that was asked of the engine. Reads are counted anew after each call that changes something. */
export interface AskedEvent {
  readonly kind: 'call' | 'read';
  /** `POST /containers/:id/start #1`, `GET /containers/:id/json @ POST /containers/:id/start #1 #2` */
  readonly event: string;
}

export interface PlannedFault {
  /** The event that it comes at. */
  readonly at: string;
  readonly kind: FaultKind;
  /** From there on, which calls have it; that one alone by default. */
  readonly lasting?: Lasting;
}

/** Calls of the same name or all, so many of them or as long as this many milliseconds. */
export interface Lasting {
  readonly of: 'the same call' | 'every call';
  readonly times?: number;
  readonly forMs?: number;
}

/** An engine with one client, before which it fails as it is told to. */
export class FaultProxy {
  #fault: PlannedFault | null = null;
  #last = 'the begin';
  #counts = new Map<string, number>();
  #events: AskedEvent[] = [];
  #hits = 0;
  #firstHitAt: number | null = null;

  private constructor(
    private readonly socket: string,
    /** First part of the names of the client's containers. */
    private readonly prefix: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      this.pass(asked, answer);
    });
  }

  static async start(socket: string, prefix: string): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(socket, prefix, server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** For `engines.<name>.host` in a configuration. */
  get host(): string {
    return `tcp://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** What was asked since the last {@link begin}. */
  get events(): readonly AskedEvent[] {
    return this.#events;
  }

  /** How many calls had the fault since the last {@link begin}. */
  get hits(): number {
    return this.#hits;
  }

  /** Counts anew from here on, and fails as planned. */
  begin(fault: PlannedFault | null): void {
    this.#fault = fault;
    this.#last = 'the begin';
    this.#counts = new Map();
    this.#events = [];
    this.#hits = 0;
    this.#firstHitAt = null;
  }

  /** Lets everything through from here on. */
  mend(): void {
    this.#fault = null;
  }

  async remove(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const kind = this.faultOf(this.numbered(asked), this.nameOf(asked));
    const error = (status: number): void => {
      answer.writeHead(status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ message: 'a fault of the test' }));
    };
    const cut = (): void => {
      asked.socket.destroy();
    };
    const forward = (deliver: Deliver): void => {
      forwardToEngine(this.socket, asked, answer, deliver);
    };
    const whenDone =
      (work: () => void): Deliver =>
      (engine) =>
        engine.once('end', work).resume();
    switch (kind) {
      case null:
        forward(passOn);
        return;
      case '500':
      case '503':
      case '409':
        error(Number(kind));
        return;
      case 'cut before':
        cut();
        return;
      case 'hang':
        return;
      case 'cut after':
        forward(whenDone(cut));
        return;
      case '502 after':
        forward(
          whenDone(() => {
            error(502);
          }),
        );
        return;
      case 'slow':
        forward((engine) => {
          setTimeout(() => {
            if (!answer.destroyed) passOn(engine, answer);
          }, SLOW_MS);
        });
        return;
      case 'cut inside':
        forward((engine) => {
          answer.writeHead(engine.statusCode ?? 502, engine.headers);
          answer.flushHeaders();
          const silent = setTimeout(cut, SILENT_MS);
          engine.once('end', cut).once('data', (chunk: Buffer) => {
            clearTimeout(silent);
            answer.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), cut);
          });
        });
        return;
    }
  }

  private faultOf(event: string, name: string): FaultKind | null {
    const fault = this.#fault;
    if (fault === null) return null;
    const now = performance.now();
    if (this.#firstHitAt === null) {
      if (event !== fault.at) return null;
      this.#firstHitAt = now;
    } else {
      const { of, times = 1, forMs = Number.POSITIVE_INFINITY } = fault.lasting ?? {};
      if (fault.lasting === undefined || now - this.#firstHitAt > forMs) return null;
      if (forMs === Number.POSITIVE_INFINITY && this.#hits >= times) return null;
      if (of === 'the same call' && !fault.at.startsWith(`${name} `)) return null;
    }
    this.#hits += 1;
    return fault.kind;
  }

  private numbered(asked: IncomingMessage): string {
    const name = this.nameOf(asked);
    // Running a command changes nothing that a rollout is decided by.
    const isRead = asked.method === 'GET' || name.includes('/exec');
    const label = isRead ? `${name} @ ${this.#last}` : name;
    const count = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, count);
    const event = `${label} #${String(count)}`;
    if (!isRead) this.#last = event;
    this.#events.push({ kind: isRead ? 'read' : 'call', event });
    return event;
  }

  private nameOf({ method = '', url = '' }: IncomingMessage): string {
    const path = decodeURIComponent(url.split('?')[0] ?? '')
      .replace(/^\/v[\d.]+/, '')
      .replace(/[0-9a-f]{64}/g, ':id')
      .replace(/^\/images\/.+\/(json|tag)$/, '/images/:name/$1')
      .replace(/^\/volumes\/[^/]+$/, '/volumes/:name')
      .replace(/^\/networks\/0-deploy-wait-[^/]+/, '/networks/:waiting')
      .replace(new RegExp(`^/(containers|networks)/${this.prefix}[^/]+`), '/$1/:name');
    return `${method} ${path}`;
  }
}
