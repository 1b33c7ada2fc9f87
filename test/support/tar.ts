export interface TarEntry {
  /** Path without a leading slash; one that ends in a slash is a folder. */
  readonly path: string;
  readonly content?: string | Buffer;
  /** Permission bits; 0o755 for folders, 0o644 for files by default. */
  readonly mode?: number;
  /** Makes the entry a symbolic link. */
  readonly linkTo?: string;
}

const BLOCK = 512;

/** An uncompressed ustar archive, owned by root, with one time for all, so that equal input gives equal bytes. */
export function tar(entries: readonly TarEntry[], changedAt = new Date(0)): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    parts.push(header(entry, content.length, changedAt), content);
    const rest = content.length % BLOCK;
    if (rest > 0) parts.push(Buffer.alloc(BLOCK - rest));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function header(entry: TarEntry, size: number, changedAt: Date): Buffer {
  if (Buffer.byteLength(entry.path) > 99) throw new Error(`Path too long for ustar: ${entry.path}`);
  const isFolder = entry.path.endsWith('/');
  const type = entry.linkTo !== undefined ? '2' : isFolder ? '5' : '0';
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), at);
  };
  block.write(entry.path, 0);
  octal(entry.mode ?? (isFolder ? 0o755 : 0o644), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(changedAt.getTime() / 1000), 136, 12);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(entry.linkTo ?? '', 157);
  block.write('ustar\0' + '00', 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
