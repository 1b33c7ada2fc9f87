import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a rig needs, and the Debian packages that have it. */
const COMMANDS = [
  'dockerd',
  'containerd',
  'containerd-shim-runc-v2',
  'runc',
  'docker-proxy',
  'iptables',
  'docker-registry',
  'tini',
  'busybox',
] as const;
/** Reverse proxies that a test of their own stands behind; the demo does without. */
const PROXIES = ['nginx', 'haproxy', 'caddy'] as const;
const PACKAGES = [
  'docker.io',
  'docker-registry',
  'iptables',
  'busybox-static',
  'tini',
  ...PROXIES,
] as const;
const HOST_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** The environment cannot run a rig; the message names what is missing. */
export class RigUnavailable extends Error {
  override readonly name = 'RigUnavailable';
}

/** Programs to start an engine and a registry with. None of them is installed on the host. */
export interface RigTools {
  /** To be put before PATH. */
  readonly path: string;
  /** Further variables that the programs need. */
  readonly environment: Readonly<Record<string, string>>;
  /** A statically linked busybox: the content of test images. */
  readonly busybox: string;
}

/**
 * Finds the programs: unpacked Debian packages in the cache folder, made on first use (about 10 s);
 * where there is no apt-get, those of the host. Unpacking instead of installing means that no
 * service is started and nothing of the host changes.
 * @throws {RigUnavailable} naming what is missing
 */
export async function findRigTools(say: (line: string) => void): Promise<RigTools> {
  if ((await onHost('apt-get')) === null || (await onHost('dpkg-deb')) === null) return hostTools();
  const folder = await cacheFolder();
  if (!(await exists(join(folder, 'complete')))) {
    say(`Unpacking an engine and a registry into ${folder} (once; nothing is installed).`);
    await unpackPackages(folder);
  }
  return unpackedTools(folder);
}

async function cacheFolder(): Promise<string> {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const release = await readFile('/etc/os-release', 'utf8');
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? 'unknown';
  const wanted = createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 8);
  const name = `${process.arch}-${field('ID')}${field('VERSION_ID')}-${wanted}`;
  return join(base, 'deploy-rig', name);
}

/** Atomic: a half-made folder is never seen, and of two makers at once the first one wins. */
async function unpackPackages(folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(`${folder}.new-`);
  try {
    await downloadPackages(work);
    const root = join(work, 'root');
    const archives = join(work, 'cache', 'archives');
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(archives, file), root]);
    }
    await mkdir(join(root, 'complete'));
    await rename(root, folder).catch(async (error: unknown) => {
      if (!(await exists(join(folder, 'complete')))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Downloads the packages and whichever of their dependencies the host lacks; installs nothing. */
async function downloadPackages(work: string): Promise<void> {
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  const own = ['-q', '-o', `Dir::Cache=${join(work, 'cache')}`, '-o', 'Debug::NoLocking=1'];
  own.push('-o', 'APT::Sandbox::User=root');
  const download = ['install', '-y', '--no-install-recommends', '--reinstall', '--download-only'];
  const freshLists = ['-o', `Dir::State::Lists=${join(work, 'lists')}`];
  try {
    await run('apt-get', [...own, ...download, ...PACKAGES]);
  } catch {
    // No lists on a fresh machine, or stale ones: once more with lists of our own.
    try {
      await run('apt-get', [...own, ...freshLists, 'update']);
      await run('apt-get', [...own, ...freshLists, ...download, ...PACKAGES]);
    } catch (error) {
      throw new RigUnavailable(
        `The packages ${PACKAGES.join(', ')} could not be downloaded by apt-get: ${String(error)}`,
      );
    }
  }
}

async function unpackedTools(folder: string): Promise<RigTools> {
  const libraries: string[] = [];
  for (const base of [join(folder, 'usr', 'lib'), join(folder, 'lib')]) {
    for (const name of await readdir(base).catch(() => [])) {
      if (name.endsWith('-linux-gnu') || name.includes('-linux-gnueabi')) {
        libraries.push(join(base, name));
      }
    }
  }
  const path = ['usr/bin', 'usr/sbin', 'bin', 'sbin'].map((name) => join(folder, name));
  return {
    path: path.join(delimiter),
    environment: {
      LD_LIBRARY_PATH: libraries.join(delimiter),
      XTABLES_LIBDIR: libraries.map((library) => join(library, 'xtables')).join(delimiter),
    },
    busybox: await firstOf([join(folder, 'bin/busybox'), join(folder, 'usr/bin/busybox')]),
  };
}

async function hostTools(): Promise<RigTools> {
  const missing: string[] = [];
  for (const command of COMMANDS) if ((await onHost(command)) === null) missing.push(command);
  if (missing.length > 0) {
    throw new RigUnavailable(
      `There is no apt-get here to unpack Debian's packages with, and these programs are missing: ${missing.join(', ')}.`,
    );
  }
  const busybox = await onHost('busybox');
  return { path: HOST_FOLDERS.join(delimiter), environment: {}, busybox: busybox ?? 'busybox' };
}

/** Where a command of the host is, or null; looks beyond PATH, which may lack the sbin folders. */
export async function onHost(command: string): Promise<string | null> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...HOST_FOLDERS];
  for (const folder of folders) {
    const file = join(folder, command);
    if (await exists(file, constants.X_OK)) return file;
  }
  return null;
}

async function firstOf(files: readonly string[]): Promise<string> {
  for (const file of files) if (await exists(file)) return file;
  throw new RigUnavailable(`None of ${files.join(', ')} exists; remove the cache folder.`);
}

function exists(file: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}
