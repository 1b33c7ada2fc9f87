import { StringDecoder } from 'node:string_decoder';

const HEADER = 8;
/** Longer lines are split after this many characters. */
const LONGEST_LINE = 16_384;

/**
 * Splits an engine's stream of frames into lines as it arrives. A frame has a header of 8 bytes (the first is the
 * output, the last four are the length) and as many bytes as that. Each output's lines are assembled separately.
 */
export class OutputLines {
  readonly #outputs = new Map<number, LineReader>();
  #header = Buffer.alloc(0);
  #left = 0;
  #output = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  /** The next bytes of the stream, cut anywhere. */
  take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.takeHeader(rest);
        continue;
      }
      const part = rest.subarray(0, this.#left);
      this.reader().take(part);
      this.#left -= part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Ends the stream: what has no line break yet becomes a line. */
  end(): void {
    for (const reader of this.#outputs.values()) reader.end();
  }

  private takeHeader(bytes: Buffer): Buffer {
    const missing = HEADER - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === HEADER) {
      this.#output = this.#header[0] ?? 0;
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }

  private reader(): LineReader {
    const known = this.#outputs.get(this.#output);
    if (known !== undefined) return known;
    const reader = new LineReader(this.onLine);
    this.#outputs.set(this.#output, reader);
    return reader;
  }
}

/** The lines of one output. */
class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  #begun = '';

  constructor(private readonly onLine: (line: string) => void) {}

  take(bytes: Buffer): void {
    const lines = (this.#begun + this.#decoder.write(bytes)).split(/\r?\n/);
    this.#begun = lines.pop() ?? '';
    for (const line of lines) this.onLine(line);
    if (this.#begun.length <= LONGEST_LINE) return;
    this.onLine(this.#begun);
    this.#begun = '';
  }

  end(): void {
    const last = this.#begun + this.#decoder.end();
    this.#begun = '';
    if (last !== '') this.onLine(last);
  }
}
