import { connect, type Socket } from 'node:net';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * How long the server may be silent before this side ends the connection. It waits for more then; where it had only not
 * come so far on a busy machine, its answer is lost, and counted as none.
 */
const PATIENCE_MS = 2_000;
/** A server that keeps a connection longer than this hangs: the body of a webhook has 10 s. */
const LONGEST_MS = 30_000;

const NO_CHUNKS = '0\r\n\r\n';

/** One keep-alive connection after the other, for whole requests; made anew where the server closed it. */
export class KeptConnection {
  #socket: Socket | null = null;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** @throws Error where no whole answer comes. */
  async send(bytes: Buffer): Promise<RawAnswer> {
    const socket = this.#socket?.destroyed === false ? this.#socket : connect(this.port, this.host);
    this.#socket = socket;
    const answer = await new Promise<RawAnswer>((resolve, reject) => {
      let received = Buffer.alloc(0);
      const settle = (finish: () => void): void => {
        clearTimeout(late);
        socket.off('data', take).off('close', fail).off('error', fail);
        finish();
      };
      const take = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk]);
        const [first] = answersIn(received, false);
        if (first !== undefined)
          settle(() => {
            resolve(first);
          });
      };
      const fail = (): void => {
        settle(() => {
          reject(new Error(`no answer; so far: ${received.toString('latin1', 0, 300)}`));
        });
      };
      const late = setTimeout(fail, LONGEST_MS);
      socket.on('data', take).on('close', fail).on('error', fail);
      socket.write(bytes);
    });
    if (answer.headers.get('connection') === 'close') this.close();
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}

/** Sends bytes on a connection of their own and reads at most so many answers. */
export function sendAlone(
  host: string,
  port: number,
  bytes: Buffer,
  most: number,
): Promise<readonly RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    let received = Buffer.alloc(0);
    const giveUp = (): void => {
      socket.end();
    };
    let silence = setTimeout(giveUp, PATIENCE_MS);
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stayed open: ${bytes.toString('latin1', 0, 300)}`));
    }, LONGEST_MS);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      clearTimeout(silence);
      silence = setTimeout(giveUp, PATIENCE_MS);
      if (answersIn(received, false).length >= most) giveUp();
    });
    // A reset is an answer of a kind: the server refused to read on.
    socket.on('error', () => undefined);
    socket.on('end', giveUp);
    socket.on('close', () => {
      clearTimeout(silence);
      clearTimeout(late);
      resolve(answersIn(received, true));
    });
    socket.write(bytes);
  });
}

/** Sends bytes and goes away. */
export function sendAndLeave(
  host: string,
  port: number,
  bytes: Buffer,
): Promise<readonly RawAnswer[]> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve([]);
    });
    socket.write(bytes, () => {
      socket.destroy();
    });
  });
}

/** The whole answers at the beginning of what was received; `100 Continue` is none. */
function answersIn(received: Buffer, isAll: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let at = 0;
  for (;;) {
    const end = received.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [first = '', ...lines] = received.toString('latin1', at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? NaN);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    at = end + 4;
    if (status === 100) continue;
    // Node's own refusals have chunks, and nothing in them.
    const isEmpty =
      headers.get('transfer-encoding') === 'chunked' && received.includes(NO_CHUNKS, at);
    if (isEmpty) at += NO_CHUNKS.length;
    const length = Number(headers.get('content-length') ?? 0);
    // An answer to HEAD names the length of a body that does not come: nothing follows it then.
    if (received.length < at + length && !(isAll && received.length === at)) break;
    const body = received.subarray(at, at + length);
    answers.push({ status, headers, body });
    at += length;
  }
  return answers;
}
