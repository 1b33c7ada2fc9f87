import type Docker from 'dockerode';
import { execFile, spawn } from 'node:child_process';
import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rigBusybox, rigFolder } from './rig-environment.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const PROGRAMS = ['sh', 'mkdir', 'chown', 'chmod', 'id', 'test', 'ls', 'cat', 'ps', 'find'];

/**
 * Where the Dockerfile's `RUNTIME_IMAGE` cannot be pulled: an image of this machine's own Node and
 * the libraries it is linked to, a shell, and user 1000.
 */
export async function makeRuntimeBase(docker: Docker, name: string): Promise<void> {
  const folder = await aRootFolder();
  const node = await realpath(process.execPath);
  await copyInto(folder, node, '/usr/local/bin/node');
  const { stdout } = await run('ldd', [node]);
  for (const [library] of stdout.matchAll(/\/\S+/g)) await copyInto(folder, library, library);
  if (await exists(CERTIFICATES)) await copyInto(folder, CERTIFICATES, CERTIFICATES);
  await importImage(docker, name, folder);
}

/**
 * Where no network is: a `BUILD_IMAGE` in which the build stage's result lies ready: the project's own
 * `dist/`, and its dependencies after the very `npm prune` of the Dockerfile. Its own npm does nothing.
 */
export async function makeBuildBase(docker: Docker, name: string): Promise<void> {
  const folder = await aRootFolder();
  const app = join(folder, 'app');
  await mkdir(app);
  for (const part of ['dist', 'node_modules']) await copyQuickly(join(ROOT, part), app);
  // What npm writes into must be no link to the project's own file.
  for (const part of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']) {
    await rm(join(app, part), { force: true });
    await copyFile(join(ROOT, part), join(app, part));
  }
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const prune = /npm (prune .*)$/m.exec(dockerfile)?.[1];
  if (prune === undefined) throw new Error('The Dockerfile has no npm prune');
  await run('npm', [...prune.split(' '), '--offline'], { cwd: app });
  await writeFile(join(folder, 'bin', 'npm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await importImage(docker, name, folder);
}

/** Builds an image of a context made of the given files of the project. */
export async function buildFromProject(
  docker: Docker,
  files: readonly string[],
  options: Docker.ImageBuildOptions,
): Promise<void> {
  const context = spawn('tar', ['-C', ROOT, '-c', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answer = await docker.buildImage(context.stdout, options);
  const lines = await new Promise<readonly { error?: string; stream?: string }[]>(
    (resolve, reject) => {
      docker.modem.followProgress(answer, (error, all: readonly { error?: string }[]) => {
        if (error === null) resolve(all);
        else reject(error);
      });
    },
  );
  const failure = lines.find(({ error }) => error !== undefined);
  if (failure === undefined) return;
  throw new Error(`${failure.error ?? ''}\n${lines.map(({ stream }) => stream ?? '').join('')}`);
}

async function aRootFolder(): Promise<string> {
  const folder = await mkdtemp(join(rigFolder(), 'base-'));
  for (const name of ['bin', 'etc', 'tmp', 'home/node']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await chmod(folder, 0o755);
  await chmod(join(folder, 'tmp'), 0o1777);
  await copyFile(rigBusybox(), join(folder, 'bin', 'busybox'));
  await chmod(join(folder, 'bin', 'busybox'), 0o755);
  for (const program of PROGRAMS) await symlink('busybox', join(folder, 'bin', program));
  const users = 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n';
  await writeFile(join(folder, 'etc', 'passwd'), users);
  await writeFile(join(folder, 'etc', 'group'), 'root:x:0:\nnode:x:1000:\n');
  return folder;
}

async function importImage(docker: Docker, name: string, folder: string): Promise<void> {
  const [repo = '', tag = 'latest'] = name.split(':');
  const archive = spawn('tar', ['-C', folder, '-c', '--numeric-owner', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/node'];
  const answer = await docker.importImage(archive.stdout, {
    repo,
    tag,
    changes,
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(answer, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  await docker.getImage(name).inspect();
}

async function copyInto(folder: string, from: string, to: string): Promise<void> {
  const target = join(folder, to);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, target);
}

/** By hard links where both are on one file system. Removing from the copy leaves the original whole. */
async function copyQuickly(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--link', from, to]).catch(() => run('cp', ['-a', from, to]));
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
