import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Between an engine or Deploy and a registry: lets bytes through, until told to be bad. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  /** Listens on a free loopback port and forwards to another. */
  static async start(targetPort: number): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, targetPort);
    server.on('connection', (client) => {
      relay.forward(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  /** `127.0.0.1:PORT`, as in image references. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many connections have been made through it. */
  get connections(): number {
    return this.#connections;
  }

  /** After so many further bytes of answers every connection is cut, and new ones at once. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  /** Lets everything through again. */
  mend(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(client: Socket): void {
    this.#connections += 1;
    const target = connect(this.targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      // An error is always followed by `close`, which is what counts here.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(target);
    target.on('data', (bytes: Buffer) => {
      this.#left -= bytes.length;
      if (this.#left < 0) {
        client.resetAndDestroy();
        return;
      }
      if (!client.write(bytes)) {
        target.pause();
        client.once('drain', () => target.resume());
      }
    });
  }
}
