const HEADER = 8;

/**
 * The lines of a container's log. Without a terminal the engine sends frames (a header of 8 bytes, the last four
 * of which are the length); with one it sends the raw bytes.
 */
export function logLines(log: Buffer, hasTerminal: boolean): string[] {
  const text = hasTerminal ? log.toString('utf8') : joinFrames(log);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function joinFrames(log: Buffer): string {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset + HEADER <= log.length) {
    const length = log.readUInt32BE(offset + 4);
    parts.push(log.subarray(offset + HEADER, offset + HEADER + length));
    offset += HEADER + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
