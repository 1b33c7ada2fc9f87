import { describe, expect, it } from 'vitest';
import { isVersionAtFault } from '../../errors.js';
import { classifyStartFailure, startFailure } from './start-failure.js';
import { aCandidate } from '../../testing/builders.js';

const RUNC = 'failed to create shim task: OCI runtime create failed: runc create failed: ';
const OLD_RUNC = 'OCI runtime create failed: container_linux.go:380: ';

type Row = readonly [words: string, code: string];

const WORDS: readonly Row[] = [
  [
    'driver failed programming external connectivity on endpoint p2 (0123abcd): Bind for 127.0.0.1:9999 failed: port is already allocated',
    'port-taken',
  ],
  [
    'driver failed programming external connectivity on endpoint p2 (0123abcd): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use',
    'port-taken',
  ],
  ['failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp', 'port-taken'],
  ['Address already in use', 'port-taken'],
  [
    `${RUNC}unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown`,
    'not-executable',
  ],
  [
    `${RUNC}unable to start container process: exec: "nope": executable file not found in $PATH: unknown`,
    'not-executable',
  ],
  [
    `${OLD_RUNC}starting container process caused: exec: "/app": permission denied: unknown`,
    'not-executable',
  ],
  [
    `${OLD_RUNC}starting container process caused "exec: \\"/app\\": stat /app: no such file or directory": unknown`,
    'not-executable',
  ],
  ['standard_init_linux.go:228: exec user process caused: exec format error', 'not-executable'],
  [
    'crun: executable file `/nope` not found in $PATH: No such file or directory: OCI runtime error',
    'not-executable',
  ],
  [
    `${RUNC}unable to start container process: error during container init: error mounting "/srv/a" to rootfs at "/etc/a": mount /srv/a:/etc/a (via /proc/self/fd/6): not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
    'start-failed',
  ],
  [
    `${OLD_RUNC}starting container process caused: process_linux.go:545: container init caused: rootfs_linux.go:76: mounting "/srv/a" to rootfs at "/etc/a" caused: mount through procfd: not a directory: unknown`,
    'start-failed',
  ],
  [
    'driver failed programming external connectivity on endpoint web (0123abcd): failed to start userland proxy for port mapping: exec: "docker-proxy": executable file not found in $PATH',
    'start-failed',
  ],
  [
    'failed to start shim: exec: "containerd-shim-runc-v2": executable file not found in $PATH: unknown',
    'start-failed',
  ],
  ['exec: "docker-init": executable file not found in $PATH', 'start-failed'],
  ['could not select device driver "" with capabilities: [[gpu]]', 'start-failed'],
  ['network 0123abcd not found', 'start-failed'],
  ['context canceled', 'start-failed'],
];

describe('the message of an engine that refused a start', () => {
  it.each(WORDS)('%s', (words, code) => {
    expect(classifyStartFailure(words).code).toBe(code);
  });

  it('is kept in the message of the failure', () => {
    for (const [words] of WORDS) expect(classifyStartFailure(words).message).toContain(words);
  });

  it('blames the version only if its executable cannot be run', () => {
    const atFault = WORDS.map(([, code]) => code as 'port-taken').filter(isVersionAtFault);
    expect(new Set(atFault)).toEqual(new Set(['not-executable']));
  });
});

describe('a container that never started', () => {
  it('has not failed before a start was tried', () => {
    expect(startFailure(aCandidate())).toBeNull();
  });

  it("has failed with the engine's message, or else with its exit code", () => {
    const words = 'network web not found';
    expect(startFailure(aCandidate({ exitCode: 128, error: words }))?.message).toContain(words);
    expect(startFailure(aCandidate({ exitCode: 128 }))?.message).toContain('exit code 128');
    expect(startFailure(aCandidate({ error: words }))?.code).toBe('start-failed');
  });
});
