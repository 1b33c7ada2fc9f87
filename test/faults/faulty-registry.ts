import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What is asked of the registry, as far as a fault looks at it. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** The engine pulls; else it is Deploy, which looks up. */
  readonly isEngine: boolean;
}

/**
 * What is done instead of passing a request on. `hang`: nothing. `cut`: the connection is closed. `half`: passed on,
 * but closed in the middle of the answer's body. `change`: passed on, and the answer changed.
 */
export type Misdeed =
  | 'hang'
  | 'cut'
  | 'half'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | {
      readonly change: (answer: RegistryAnswer) => RegistryAnswer;
    };

/** An answer of the registry behind. */
export interface RegistryAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Null: nothing bad happens to this request. */
export type Fault = (asked: Asked, host: string) => Misdeed | null;

/** A registry in front of the real one, over plain HTTP on loopback, that does wrong when it is told to. */
export class FaultyRegistry {
  readonly #sockets = new Set<Socket>();
  #fault: Fault | 'babble' | null = null;

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  /** @param target address and port of the real one. */
  static async start(target: string): Promise<FaultyRegistry> {
    const server = createServer();
    const registry = new FaultyRegistry(server, target);
    server.on('request', (request, response) => {
      void registry.answer(request, response);
    });
    server.on('connection', (socket: Socket) => {
      registry.#sockets.add(socket);
      socket.on('close', () => registry.#sockets.delete(socket));
      if (registry.#fault === 'babble') socket.end('this is neither TLS nor HTTP\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return registry;
  }

  /** `127.0.0.1:PORT`, as in image references. */
  get host(): string {
    return `127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** From now on. `babble`: it speaks no protocol that anyone knows. */
  set(fault: Fault | 'babble'): void {
    this.#fault = fault;
    this.drop();
  }

  /** Does everything right again; whoever still waits for an answer is cut off. */
  mend(): void {
    this.#fault = null;
    this.drop();
  }

  async remove(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const asked = {
      method,
      url,
      authorization: headers.authorization,
      isEngine: headers['user-agent']?.startsWith('docker/') === true,
    };
    const misdeed = typeof this.#fault === 'function' ? this.#fault(asked, this.host) : null;
    if (misdeed === 'hang') return;
    if (misdeed === 'cut') {
      request.socket.destroy();
      return;
    }
    if (misdeed !== null && typeof misdeed === 'object' && 'status' in misdeed) {
      response.writeHead(misdeed.status, misdeed.headers).end(misdeed.body);
      return;
    }
    const { status, ...real } = await this.passOn(request);
    const answer = misdeed !== null && typeof misdeed === 'object' ? misdeed.change(real) : real;
    response.writeHead(status, answer.headers);
    if (misdeed !== 'half') {
      response.end(answer.body);
      return;
    }
    response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)), () => {
      request.socket.destroy();
    });
  }

  /** GETs and HEADs only, and all of the answer at once: images of tests are small. */
  private passOn({
    method,
    url,
    headers,
  }: IncomingMessage): Promise<RegistryAnswer & { status: number }> {
    return new Promise((resolve, reject) => {
      const [hostname, port] = this.target.split(':');
      const { authorization: _, ...others } = headers;
      const options = {
        hostname,
        port,
        method,
        path: url,
        headers: { ...others, host: this.target },
      };
      const passed = ask(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 502,
            headers: answer.headers,
            body: Buffer.concat(chunks),
          });
        });
      });
      passed.on('error', reject);
      passed.end();
    });
  }
}
