import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findRigTools, onHost, RigUnavailable, type RigTools } from './rig-tools.js';

/** Debian's file system in memory, which a sandbox is put on where it has so many bytes free. */
const MEMORY = '/dev/shm';
const ENOUGH_MEMORY = 4 * 1024 ** 3;
/**
 * What a sandbox's name begins with: for one inside another the other's name, since an owner's
 * process id means something in its own process namespace only.
 */
const PREFIX = `${process.env['DEPLOY_RIG_CGROUP']?.slice(1) ?? 'deploy-rig'}-`;
const HOST_COMMANDS = ['unshare', 'nsenter', 'setpriv', 'ip', 'mount'] as const;

/** How the command ended: its exit code, or 128 + the signal that ended it. */
export interface SandboxEnd {
  readonly exitCode: number;
}

export interface SandboxOptions {
  /** Further variables for the command. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Ends the sandbox; everything in it is killed. With it, signals are the caller's business and a
   * terminal's Ctrl-C does not reach the command; without it, SIGINT, SIGTERM and SIGHUP end it.
   */
  readonly signal?: AbortSignal;
  /** Told the sandbox's folder before the command starts; files in it are seen on both sides. */
  readonly onFolder?: (folder: string) => Promise<void>;
  readonly say?: (line: string) => void;
  /** Keeps its files on a disk, whose time is measured; else they are in memory where there is enough. */
  readonly onDisk?: boolean;
}

/**
 * Runs a command in network, mount and process namespaces of its own, as root.
 *
 * Invariants: the command's processes all end with it, also when this process is killed with
 * SIGKILL (parent-death signal, then the kernel clears the process namespace); its mounts and
 * networks are seen nowhere else, so the host's engine, ports and iptables are never touched; its
 * temporary folder and cgroups are removed here, or by the next run where this one was killed.
 *
 * The command finds `DEPLOY_RIG_FOLDER`, `DEPLOY_RIG_CGROUP` and `DEPLOY_RIG_BUSYBOX` in its
 * environment, and the engine's programs on its PATH.
 * @throws {RigUnavailable} where this machine cannot do it
 */
export async function runInSandbox(
  command: readonly string[],
  options: SandboxOptions = {},
): Promise<SandboxEnd> {
  await requireHost();
  await sweepLeftOvers();
  const tools = await findRigTools(
    options.say ??
      ((line) => {
        console.error(line);
      }),
  );
  const name = `${PREFIX}${process.pid}-${randomBytes(3).toString('hex')}`;
  const folder = join(options.onDisk === true ? tmpdir() : await temporaryFolder(), name);
  await mkdir(folder, { mode: 0o700 });
  try {
    await mkdir(join(folder, 'tmp'));
    await mkdir(join(folder, 'docker-config'));
    await options.onFolder?.(folder);
    const environment = { ...sandboxEnvironment(tools, folder, name), ...options.environment };
    return await runInNamespaces(command, environment, options.signal);
  } finally {
    await removeCgroups((found) => found.startsWith(name), 50);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** TMPDIR where it is set; else in memory if there is enough, for engines wait for their disk at every step. */
async function temporaryFolder(): Promise<string> {
  if (process.env['TMPDIR'] !== undefined) return tmpdir();
  const { bavail, bsize } = await statfs(MEMORY);
  return bavail * bsize < ENOUGH_MEMORY ? tmpdir() : MEMORY;
}

async function requireHost(): Promise<void> {
  const missing: string[] = [];
  if (process.platform !== 'linux') missing.push('Linux');
  else if (process.getuid?.() !== 0) missing.push('root (for network and mount namespaces)');
  for (const command of HOST_COMMANDS) {
    if ((await onHost(command)) === null) missing.push(`the program ${command}`);
  }
  if (missing.length > 0) {
    throw new RigUnavailable(
      `The tests need a real Docker engine of their own, in its own namespaces. Missing here: ${missing.join(', ')}.`,
    );
  }
}

function sandboxEnvironment(tools: RigTools, folder: string, name: string): NodeJS.ProcessEnv {
  // Whoever looks for an engine or for credentials inside must find the rig's, never the user's.
  const host = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([variable]) => !host.includes(variable)),
  );
  return {
    ...inherited,
    ...tools.environment,
    PATH: [tools.path, process.env['PATH'], '/usr/sbin', '/sbin'].join(delimiter),
    TMPDIR: join(folder, 'tmp'),
    DOCKER_CONFIG: join(folder, 'docker-config'),
    DEPLOY_RIG_FOLDER: folder,
    DEPLOY_RIG_CGROUP: `/${name}`,
    DEPLOY_RIG_BUSYBOX: tools.busybox,
  };
}

async function runInNamespaces(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<SandboxEnd> {
  const inside = fileURLToPath(new URL('sandbox-inside.sh', import.meta.url));
  const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child=KILL'];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...unshare, '--mount-proc', 'sh', inside, ...command],
    { stdio: 'inherit', env: environment, detached: signal !== undefined },
  );
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 137);
    });
  });
  const kill = (): void => void endFirstProcess(child.pid);
  if (signal === undefined) return endOnSignals(exit, kill);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  return { exitCode: await exit };
}

async function endOnSignals(exit: Promise<number>, kill: () => void): Promise<SandboxEnd> {
  let ending = 0;
  // A terminal's Ctrl-C reaches the command too, which may close its report; others do not.
  const onInterrupt = (): void => {
    ending ||= 130;
    setTimeout(kill, 5_000).unref();
  };
  const onTerminate = (): void => {
    ending ||= 143;
    kill();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  try {
    const exitCode = await exit;
    return { exitCode: ending === 0 ? exitCode : ending };
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
    process.off('SIGHUP', onTerminate);
  }
}

/**
 * Ends the first process of the namespace, whose end takes all others with it; `unshare` itself
 * returns only when they are gone, which is what makes the clean-up after it safe.
 */
async function endFirstProcess(unshare: number | undefined): Promise<void> {
  if (unshare === undefined) return;
  const children = `/proc/${unshare}/task/${unshare}/children`;
  const first = Number((await readFile(children, 'utf8').catch(() => '')).trim().split(' ')[0]);
  const target = first > 0 ? first : unshare;
  // SIGTERM is passed on to the command, which may not mind it.
  if (sendSignal(target, 'SIGTERM')) {
    setTimeout(() => sendSignal(target, 'SIGKILL'), 2_000).unref();
  }
}

/** False where the process has ended already. */
function sendSignal(processId: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(processId, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** Removes what runs killed with SIGKILL could not remove themselves. */
async function sweepLeftOvers(): Promise<void> {
  const ended = (name: string): boolean => {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return owner !== undefined && !isRunning(Number(owner));
  };
  await removeCgroups(ended, 0);
  const isChosen = process.env['TMPDIR'] !== undefined;
  for (const base of isChosen ? [tmpdir()] : [tmpdir(), MEMORY]) {
    for (const name of await readdir(base)) {
      if (ended(name)) await rm(join(base, name), { recursive: true, force: true });
    }
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the rig's cgroups in every hierarchy, v1 or v2. The kernel refuses those in use. */
async function removeCgroups(chosen: (name: string) => boolean, attempts: number): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  for (const line of mounts.split('\n')) {
    const [, target, type] = line.split(' ');
    if (target === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    for (const name of await readdir(target)) {
      if (name.startsWith(PREFIX) && chosen(name)) await removeCgroup(join(target, name), attempts);
    }
  }
}

/** The kernel lets go of a cgroup a moment after its last process has gone: hence the attempts. */
async function removeCgroup(folder: string, attempts: number): Promise<void> {
  // One that a running engine of another sandbox had may go at any moment.
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.isDirectory()) await removeCgroup(join(folder, entry.name), attempts);
  }
  for (let attempt = 0; ; attempt += 1) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || (code === 'EBUSY' && attempt >= attempts)) return;
      if (code !== 'EBUSY') throw error;
      await delay(20);
    }
  }
}
