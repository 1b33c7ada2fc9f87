import { describe, expect, it } from 'vitest';
import { logLines } from './log-lines.js';

/** A frame as the engine sends it: stream 1 is standard output, 2 is standard error. */
function frame(stream: 1 | 2, text: string | Buffer): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

describe('the lines of a log', () => {
  it('are extracted from their frames, of both streams in order', () => {
    const log = Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, 'three\n')]);
    expect(logLines(log, false)).toEqual(['one', 'two', 'three']);
  });

  it('may span frames, even within a character', () => {
    const text = Buffer.from('grüße\n');
    const log = Buffer.concat([frame(1, text.subarray(0, 3)), frame(1, text.subarray(3))]);
    expect(logLines(log, false)).toEqual(['grüße']);
  });

  it('are the raw bytes if there is a terminal', () => {
    expect(logLines(Buffer.from('one\r\ntwo\r\n'), true)).toEqual(['one', 'two']);
  });

  it('may end with CRLF, LF or nothing', () => {
    expect(logLines(frame(1, 'one\r\ntwo\nthree'), false)).toEqual(['one', 'two', 'three']);
  });

  it('may be empty in between', () => {
    expect(logLines(frame(1, '\none\n\n'), false)).toEqual(['', 'one', '']);
  });

  it.each([true, false])('are none if nothing was written (terminal: %s)', (hasTerminal) => {
    expect(logLines(Buffer.alloc(0), hasTerminal)).toEqual([]);
  });

  it('are kept as far as they arrived if the last frame is cut', () => {
    const log = Buffer.concat([frame(1, 'one\n'), frame(1, 'two and more\n').subarray(0, 11)]);
    expect(logLines(log, false)).toEqual(['one', 'two']);
    expect(logLines(Buffer.concat([frame(1, 'one\n'), Buffer.alloc(5)]), false)).toEqual(['one']);
  });
});
