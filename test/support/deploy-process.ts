import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { freePort, SANDBOX, type ConfigNode } from './network-namespace.js';
import { rigFolder } from './rig-environment.js';
import { waitFor } from './wait-for.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface DeployOptions {
  /** Text of deploy.yaml. */
  readonly configuration: string;
  /** Laid over a small environment; `undefined` takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly place?: ConfigNode;
  readonly adminToken?: string;
  /** Arguments of node before the script, for example `--import` of a fault injector. */
  readonly nodeArguments?: readonly string[];
}

export interface FinishedCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The admin token of every Deploy under test, unless it is given another. */
export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';

/** The real server as a process of its own, with its configuration and storage in a folder of its own. */
export class DeployProcess {
  #child: Child | null = null;
  #earlierOutput = { stdout: '', stderr: '' };

  private constructor(
    /** Has `deploy.yaml` and `data/deploy.db`; stays over restarts. */
    readonly folder: string,
    private readonly port: number,
    private readonly options: DeployOptions,
  ) {}

  /** Starts and waits for readiness. Call `remove()` at the end of the test. */
  static async start(options: DeployOptions): Promise<DeployProcess> {
    const deploy = await DeployProcess.prepare(options);
    await deploy.start();
    return deploy;
  }

  /** Writes the files without starting anything. */
  static async prepare(options: DeployOptions): Promise<DeployProcess> {
    const folder = await mkdtemp(join(rigFolder(), 'deploy-'));
    await mkdir(join(folder, 'home'));
    const deploy = new DeployProcess(folder, await freePort(), options);
    await deploy.configure(options.configuration);
    return deploy;
  }

  /** `http://ADDRESS:PORT`, without a slash at the end. */
  get baseUrl(): string {
    return `http://${this.place.address}:${this.port}`;
  }

  /** Of all its lives. */
  get stdout(): string {
    return this.#earlierOutput.stdout + (this.#child?.stdout ?? '');
  }

  /** Of all its lives. */
  get stderr(): string {
    return this.#earlierOutput.stderr + (this.#child?.stderr ?? '');
  }

  get pid(): number {
    if (this.#child === null) throw new Error('Deploy does not run');
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#child === null || this.#child.ended;
  }

  /** Writes deploy.yaml anew; takes effect at the next start or SIGHUP. */
  async configure(configuration: string): Promise<void> {
    await writeFile(join(this.folder, 'deploy.yaml'), configuration);
  }

  /** Starts the process; returns when it is ready. Throws with its output when it ends before. */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Starts the process and does not wait. */
  spawn(): void {
    if (!this.ended) throw new Error('Deploy runs already');
    this.keepOutput();
    const command = [process.execPath, ...(this.options.nodeArguments ?? []), MAIN];
    this.#child = new Child(this.place.inside(command), this.environment(), this.folder);
  }

  /** Runs one of its commands beside the server, such as `check`, to its end. */
  async command(...args: readonly string[]): Promise<FinishedCommand> {
    const command = [process.execPath, MAIN, ...args];
    const child = new Child(this.place.inside(command), this.environment(), this.folder);
    const { code } = await child.endWithin(60_000);
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  async ready(within = 30_000): Promise<void> {
    await waitFor(
      'Deploy to be ready',
      async () => this.ended || (await fetch(`${this.baseUrl}/health/ready`)).status === 200,
      Boolean,
      // Each question is work for this process, which the one that starts could do.
      { within, every: 50 },
    );
    if (this.ended) throw new Error(`Deploy ended at its start:\n${this.stdout}${this.stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal);
  }

  /** SIGKILL, at once; returns when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#child?.endWithin(5_000);
  }

  /** SIGTERM; returns its exit code. Fails when that takes longer than the 10 s that it has. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exit(10_500);
  }

  /** The exit code of a process that ends by itself. */
  async exit(within = 60_000): Promise<number | null> {
    const end = await this.#child?.endWithin(within);
    return end?.code ?? null;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Kills it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Calls the API with the admin token; the path begins with a slash, after `/api/v1`. */
  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.adminToken}`);
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    return fetch(`${this.baseUrl}/api/v1${path}`, { ...init, headers });
  }

  private get place(): ConfigNode {
    return this.options.place ?? SANDBOX;
  }

  private get adminToken(): string {
    return this.options.adminToken ?? ADMIN_TOKEN;
  }

  private environment(): NodeJS.ProcessEnv {
    const listen = `${this.place === SANDBOX ? '127.0.0.1' : '0.0.0.0'}:${this.port}`;
    return {
      PATH: process.env['PATH'],
      HOME: join(this.folder, 'home'),
      DEPLOY_LISTEN: listen,
      DEPLOY_CONFIG: join(this.folder, 'deploy.yaml'),
      DEPLOY_STORAGE: `sqlite:${join(this.folder, 'data', 'deploy.db')}`,
      DEPLOY_ADMIN_TOKEN: this.adminToken,
      ...this.options.environment,
    };
  }

  private keepOutput(): void {
    this.#earlierOutput = { stdout: this.stdout, stderr: this.stderr };
    this.#child = null;
  }
}
