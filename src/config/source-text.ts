import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../domain/errors.js';
import { WHOLE_FILE, type FaultList } from './fault.js';
import { lineStarts } from './lines.js';

/** Larger than any hand-written configuration, and small enough to parse in an instant. */
const LARGEST_BYTES = 1_048_576;

/** The text of the configuration file; null after its faults were added to `faults`. */
export function readSourceText(path: string, faults: FaultList): string | null {
  const bytes = readBytes(path, faults);
  if (bytes === null) return null;
  if (!isUtf8(bytes)) {
    faults.add(
      firstForeignByte(bytes),
      WHOLE_FILE,
      'this byte is not UTF-8; save the file as UTF-8',
    );
    return null;
  }
  return new TextDecoder().decode(bytes);
}

function readBytes(path: string, faults: FaultList): Buffer | null {
  try {
    const found = statSync(path);
    if (!found.isFile()) {
      faults.addWhole('DEPLOY_CONFIG', 'is not a file; write the path of the YAML file');
      return null;
    }
    if (found.size > LARGEST_BYTES) {
      faults.addWhole(WHOLE_FILE, 'the file is larger than 1 MiB; write a smaller one');
      return null;
    }
    return readFileSync(path);
  } catch (error) {
    faults.addWhole('DEPLOY_CONFIG', whyUnreadable(error));
    return null;
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const hint = 'set DEPLOY_CONFIG to the path of the configuration file (default ./deploy.yaml)';
  if (code === 'ENOENT' || code === 'ENOTDIR') return `the file does not exist; ${hint}`;
  if (code === 'EACCES') return `this user has no permission to read the file; ${hint}`;
  return `the file cannot be read (${messageOf(error)}); ${hint}`;
}

function firstForeignByte(bytes: Buffer): { line: number; column: number } {
  const before = validStart(bytes);
  const starts = lineStarts(before);
  return { line: starts.length, column: before.length - (starts.at(-1) ?? 0) + 1 };
}

/** The text before the first byte that is not UTF-8. */
function validStart(bytes: Buffer): string {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isUtf8Prefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return new TextDecoder().decode(bytes.subarray(0, low), { stream: true });
}

/** Whether the bytes are valid UTF-8; the last character may be incomplete. */
function isUtf8Prefix(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
