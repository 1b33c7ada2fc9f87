import { describe, expect, it } from 'vitest';
import { OutputLines } from './output-lines.js';

const [STDOUT, STDERR] = [1, 2];

function frame(output: number, text: string | Buffer): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = output;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) output.take(chunk);
  output.end();
  return lines;
}

describe('the lines of an output', () => {
  const stream = Buffer.concat([
    frame(STDOUT, 'one\ntw'),
    frame(STDERR, 'trouble: '),
    frame(STDOUT, 'o ö\r\n'),
    frame(STDERR, 'none\n'),
    frame(STDOUT, 'no line break'),
  ]);
  const lines = ['one', 'two ö', 'trouble: none', 'no line break'];

  it('are assembled for each output separately', () => {
    expect(linesOf([stream])).toEqual(lines);
  });

  it('are the same however the stream is cut', () => {
    for (let size = 1; size <= 12; size++) {
      const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, at) =>
        stream.subarray(at * size, (at + 1) * size),
      );
      expect(linesOf(chunks)).toEqual(lines);
    }
  });

  it('are split if they do not end', () => {
    const [first = '', ...rest] = linesOf([
      frame(STDOUT, 'x'.repeat(30_000)),
      frame(STDOUT, 'y\n'),
    ]);
    expect(first).toHaveLength(30_000);
    expect(rest).toEqual(['y']);
  });

  it('are none if nothing is written', () => {
    expect(linesOf([])).toEqual([]);
    expect(linesOf([frame(STDOUT, '')])).toEqual([]);
  });
});
