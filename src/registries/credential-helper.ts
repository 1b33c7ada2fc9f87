import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { DeployError } from '../domain/errors.js';
import { Secret } from '../domain/secrets/secret.js';
import { parseJsonObject } from './json-object.js';
import type { RegistryCredential } from './registry-credential.js';
import { IDENTITY_TOKEN_USERNAME } from './registry-credential.js';

const HELPER_NAME = /^[A-Za-z0-9_-]+$/;
/** What docker-credential-helpers print on stdout, with exit code 1, for a server without credentials. */
const NOT_FOUND = /^\s*credentials not found/i;
const MOST_OUTPUT_BYTES = 64 * 1024;

export interface CredentialHelperSettings {
  /** Folders to search for `docker-credential-*`, in the format of `PATH`. */
  readonly path: string;
  readonly timeoutMs: number;
}

interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * Asks `docker-credential-<name>` for a server's credentials by the protocol of docker-credential-helpers:
 * `get`, the server on stdin, JSON on stdout. Null if it has none. Messages never include a helper's output,
 * which may be the secret.
 * @throws DeployError `registry-auth`
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  settings: CredentialHelperSettings,
  signal: AbortSignal,
): Promise<RegistryCredential | null> {
  if (!HELPER_NAME.test(name)) {
    throw new DeployError(
      'registry-auth',
      `${JSON.stringify(name.slice(0, 60))} is not the name of a credential helper`,
    );
  }
  const program = `docker-credential-${name}`;
  const file = await findProgram(program, settings.path);
  if (file === null) throw helperError(program, 'is not in PATH');
  const { exitCode, output } = await run(program, file, server, settings.timeoutMs, signal);
  if (exitCode !== 0) {
    if (NOT_FOUND.test(output)) return null;
    throw helperError(program, `failed for ${server} with exit code ${String(exitCode)}`);
  }
  return credentialOf(program, output);
}

function credentialOf(program: string, output: string): RegistryCredential | null {
  const answer = parseJsonObject(output);
  const username = answer?.['Username'];
  const secret = answer?.['Secret'];
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw helperError(program, 'answered with something other than a user name and a secret');
  }
  if (username === '' && secret === '') return null;
  const value = new Secret(secret);
  return username === IDENTITY_TOKEN_USERNAME
    ? { kind: 'identity-token', username, token: value }
    : { kind: 'password', username, password: value };
}

/** Ignores relative folders, which would depend on where Deploy was started. */
async function findProgram(program: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, program);
    const isExecutable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return file;
  }
  return null;
}

function run(
  program: string,
  file: string,
  server: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // In a process group of its own, so that its children can be killed with it.
    const child = spawn(file, ['get'], {
      shell: false,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const output: Buffer[] = [];
    let length = 0;
    const forget = (): void => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
    };
    const giveUp = (reason: unknown): void => {
      forget();
      child.stdout.destroy();
      if (child.pid !== undefined) killGroup(child.pid);
      reject(reason instanceof Error ? reason : new Error('aborted'));
    };
    const abort = (): void => {
      giveUp(signal.reason);
    };
    const deadline = setTimeout(() => {
      giveUp(helperError(program, `did not answer within ${String(timeoutMs / 1000)} s`));
    }, timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    child.on('error', () => {
      giveUp(helperError(program, 'could not be started'));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      output.push(chunk);
      if (length > MOST_OUTPUT_BYTES) giveUp(helperError(program, 'printed too much output'));
    });
    child.on('close', (exitCode) => {
      forget();
      resolve({ exitCode, output: Buffer.concat(output).toString('utf8') });
    });
    // A helper that exits without reading breaks the pipe; its exit code and output say what it meant.
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
  });
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}

function helperError(program: string, why: string): DeployError {
  return new DeployError('registry-auth', `the credential helper ${program} ${why}`);
}
