import { describe, expect, it } from 'vitest';
import { isInjected, type FileFacts } from './engine-files.js';

const CREATED = '2026-01-02T03:04:05.678901234Z';
/** As an archive leaves a file that is written right after the creation. */
const WRITTEN: FileFacts = { size: 7, mode: 0o444, mtime: '2026-01-02T03:04:05Z' };

describe('a file that compose wrote into its container', () => {
  it.each<[string, string, Partial<FileFacts>, boolean]>([
    ['from an archive, at once', '/settings.conf', {}, true],
    ['in the time zone of the engine', '/a', { mtime: '2026-01-02T04:04:06+01:00' }, true],
    ['by a program, to the nanosecond', '/a', { mtime: '2026-01-02T03:04:05.9871Z' }, false],
    ['from an archive, later', '/a', { mtime: '2026-01-02T03:04:55Z' }, false],
    ['from an archive, of an older time', '/a', { mtime: '2025-01-01T00:00:00Z' }, false],
    ['among the secrets, whenever', '/run/secrets/a', { mtime: '2026-02-02T00:00:00.5Z' }, true],
    ['as a folder', '/run/secrets/a', { mode: 0x8000_01ed }, false],
    ['as a symbolic link', '/a', { mode: 0x0800_01ff }, false],
  ])('is recognised: %s', (_, path, facts, expected) => {
    expect(isInjected(path, { ...WRITTEN, ...facts }, CREATED)).toBe(expected);
  });
});
