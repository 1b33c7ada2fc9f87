import Docker from 'dockerode';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from './child.js';
import { SANDBOX, type ConfigNode } from './network-namespace.js';
import { rigEnvironment } from './rig-environment.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);

export interface EngineOptions {
  /** Further arguments for dockerd, for example `--live-restore`. */
  readonly arguments?: readonly string[];
  /** In which network; the sandbox's own is taken by the engine that all tests share. */
  readonly place?: ConfigNode;
}

/** A Docker engine of the rig: a real dockerd with folders of its own, that can be stopped and killed. */
export class EngineRig {
  static #made = 0;
  #daemon: Child | null = null;
  /** Output of the daemons that ended before. */
  #earlierLog = '';

  private constructor(
    readonly folder: string,
    readonly place: ConfigNode,
    private readonly options: EngineOptions,
  ) {}

  /** Starts an engine and waits until it answers. */
  static async start(options: EngineOptions = {}): Promise<EngineRig> {
    const number = EngineRig.#made;
    EngineRig.#made += 1;
    const folder = join(rigEnvironment().folder, `e${process.pid}-${number}`);
    await mkdir(folder);
    await writeFile(join(folder, 'daemon.json'), '{}');
    const engine = new EngineRig(folder, options.place ?? SANDBOX, options);
    await engine.start();
    return engine;
  }

  get socket(): string {
    return join(this.folder, 'docker.sock');
  }

  /** For `engines.<name>.host` in a configuration. */
  get host(): string {
    return `unix://${this.socket}`;
  }

  get docker(): Docker {
    return new Docker({ socketPath: this.socket });
  }

  /** Everything that the daemon has written. */
  get log(): string {
    return this.#earlierLog + (this.#daemon?.stderr ?? '');
  }

  /** Starts the engine again after `stop` or `kill`; returns when it answers. */
  async start(): Promise<void> {
    if (this.#daemon !== null && !this.#daemon.ended) throw new Error('The engine runs already');
    const daemon = new Child(this.place.inside(this.command()), process.env);
    this.#daemon = daemon;
    await waitFor(
      'the engine to answer',
      async () => {
        if (daemon.ended) return 'ended';
        await this.docker.ping();
        return 'ready';
      },
      Boolean,
      { within: 40_000 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.log.slice(-3_000)}`);
    });
    if (daemon.ended) throw new Error(`The engine did not start:\n${this.log.slice(-3_000)}`);
    await this.answerNeighboursAtOnce('docker0');
  }

  /** Stops the daemon and waits for its end. With SIGTERM it stops its containers first. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null) return;
    daemon.signal(signal);
    await daemon.endWithin(60_000);
    this.#earlierLog += daemon.stderr;
    this.#daemon = null;
  }

  /** Crash: dockerd is gone at once; containerd and the containers go on, as on a real host. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** Process ids of containers that run although the engine does not know it. */
  async strays(): Promise<number[]> {
    const tasks = join(this.runtimeFolder, 'containerd/daemon/io.containerd.runtime.v2.task/moby');
    const ids = await readdir(tasks);
    const known = await this.docker.listContainers();
    const unknown = ids.filter((id) => !known.some(({ Id }) => Id === id));
    const processes = await Promise.all(
      // One that has just ended has none any more.
      unknown.map((id) => readFile(join(tasks, id, 'init.pid'), 'utf8').catch(() => '')),
    );
    return processes.map(Number).filter((id) => id > 0 && existsSync(`/proc/${id}`));
  }

  /** Ends them from outside: no call of the engine can. */
  async endStrays(): Promise<void> {
    for (const id of await this.strays()) process.kill(id, 'SIGKILL');
    await waitFor(
      'the strays to end',
      () => this.strays(),
      ({ length }) => length === 0,
    );
  }

  /** Removes all containers, ends the engine with everything that it started, and its folder. */
  async remove(): Promise<void> {
    if (this.#daemon === null) await this.start();
    const containers = await this.docker.listContainers({ all: true });
    await Promise.all(
      containers.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true, v: true })),
    );
    await this.stop();
    await this.endContainerd();
    await this.unmount();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.runtimeFolder, { recursive: true, force: true });
  }

  /**
   * Lets a bridge ask again after 20 ms instead of 1 s for an address that did not answer. A packet
   * that arrives just before a new container's interface is up would otherwise hold that address
   * back for a whole second, and every measured gap would read about 1.2 s.
   */
  async answerNeighboursAtOnce(bridge: string): Promise<void> {
    const file = `/proc/sys/net/ipv4/neigh/${bridge}/retrans_time_ms`;
    const [program = '', ...args] = this.place.inside(['sh', '-c', `echo 20 > ${file}`]);
    await run(program, args);
  }

  /** In the sandbox's private /run: containerd's sockets in it must stay under 108 characters. */
  private get runtimeFolder(): string {
    return join('/run/rig', basename(this.folder));
  }

  private command(): readonly string[] {
    const { cgroup } = rigEnvironment();
    return [
      'dockerd',
      '--config-file',
      join(this.folder, 'daemon.json'),
      '--data-root',
      join(this.folder, 'data'),
      '--exec-root',
      this.runtimeFolder,
      '--pidfile',
      join(this.folder, 'docker.pid'),
      '--host',
      this.host,
      '--exec-opt',
      'native.cgroupdriver=cgroupfs',
      '--cgroup-parent',
      `${cgroup}/${basename(this.folder)}`,
      // A failed download would be tried 5 times over 75 s; a test of failed pulls need not wait.
      '--max-download-attempts',
      '1',
      ...(this.options.arguments ?? []),
    ];
  }

  /** With `--live-restore`, or after a kill, dockerd leaves mounts in its folder. */
  private async unmount(): Promise<void> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
    const ours = mounts.map((line) => line.split(' ')[1] ?? '');
    const folders = [`${this.folder}/`, `${this.runtimeFolder}/`];
    for (const target of ours.reverse()) {
      if (folders.some((folder) => target.startsWith(folder))) {
        await run('umount', ['--lazy', target]);
      }
    }
  }

  /** A killed dockerd leaves its containerd behind, a stopped one normally does not. */
  private async endContainerd(): Promise<void> {
    const file = join(this.runtimeFolder, 'containerd', 'containerd.pid');
    const processId = Number(await readFile(file, 'utf8').catch(() => ''));
    if (processId <= 0) return;
    await waitFor('containerd to end', () => {
      try {
        process.kill(processId, 'SIGKILL');
        return false;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        return true;
      }
    });
  }
}
