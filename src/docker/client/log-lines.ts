const HEADER = 8;

/**
 * The text lines of a container's log. Without a terminal the engine sends frames (8 bytes of header,
 * the last four of them the length); with one it sends the bytes as they are.
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
