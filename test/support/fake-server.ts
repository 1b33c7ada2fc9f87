import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What a fake server was asked. */
export interface FakeRequest {
  readonly method: string;
  /** Path with the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `hang`: never answers. `cut`: closes the connection instead of answering. */
export type FakeAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string | string[]>>;
      readonly body?: string | Buffer;
      /** The connection ends after that, although more was promised. */
      readonly isCut?: true;
    }
  | 'hang'
  | 'cut';

export type FakeHandler = (request: FakeRequest) => FakeAnswer;

export interface FakeServerOptions {
  readonly address?: string;
  /** A free one where left out. */
  readonly port?: number;
  readonly tls?: boolean;
}

/** An HTTP server on loopback that answers as a test says and remembers what it was asked. */
export class FakeServer {
  private constructor(
    private readonly server: Server,
    /** Address and port. */
    readonly host: string,
    readonly requests: readonly FakeRequest[],
  ) {}

  static async start(
    handler: FakeHandler,
    { address = '127.0.0.1', port: wanted = 0, tls = false }: FakeServerOptions = {},
  ): Promise<FakeServer> {
    const requests: FakeRequest[] = [];
    const listener: RequestListener = (incoming, response) => {
      void readText(incoming).then((body) => {
        const request: FakeRequest = {
          method: incoming.method ?? '',
          url: incoming.url ?? '',
          headers: incoming.headers,
          body,
        };
        requests.push(request);
        const answer = handler(request);
        if (answer === 'hang') return;
        if (answer === 'cut') {
          incoming.socket.destroy();
          return;
        }
        if (answer.isCut === true) {
          response.writeHead(answer.status, { 'content-length': '1000000', ...answer.headers });
          response.write(answer.body, () => incoming.socket.destroy());
          return;
        }
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body);
      });
    };
    const server = tls
      ? createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, listener)
      : createServer(listener);
    server.listen(wanted, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new FakeServer(server, `${address}:${String(port)}`, requests);
  }

  /** Port alone, for tests that reach the server under another name. */
  get port(): string {
    return this.host.slice(this.host.lastIndexOf(':') + 1);
  }

  /** What was asked, as `METHOD /path?query`. */
  get log(): readonly string[] {
    return this.requests.map((request) => `${request.method} ${request.url}`);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

/** Self-signed for 127.0.0.1, made for these tests and used nowhere else. */
const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAomQY6sE1KfC84Bz
nYc32X+nrUhuyK8znW/+NYcx3WehRANCAAQIuj+H2f2och8tiMaNIWO3LJoFMwDT
2wm/gTKLFkNPiKLKGt45FbKBSgOVhiHsGid6/uSZc1u03BFgdOCgjCKI
-----END PRIVATE KEY-----
`;
const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIUY3cNZqf8uHX86xHb/1gkF7vYlfEwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDAgFw0yNjExMjMxNzIwMTNaGA8yMTI2
MTAzMDE3MjAxM1owGDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABAi6P4fZ/ahyHy2Ixo0hY7csmgUzANPbCb+BMosWQ0+I
osoa3jkVsoFKA5WGIewaJ3r+5JlzW7TcEWB04KCMIoijczBxMB0GA1UdDgQWBBTJ
D1OYMnYbeGOsjTZjO1OeQOIM9zAfBgNVHSMEGDAWgBTJD1OYMnYbeGOsjTZjO1Oe
QOIM9zAPBgNVHRMBAf8EBTADAQH/MB4GA1UdEQQXMBWCDXJlZ2lzdHJ5LnRlc3SH
BH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgOj0EEpg9rrpgWGdI/LaoYabF9g1dsl9I
yo01Z6hklO8CIBPP+trrwbs+rhdin7OQWhSIbzj9wi82/i/7OU5B6wX4
-----END CERTIFICATE-----
`;
