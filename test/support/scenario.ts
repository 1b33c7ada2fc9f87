import type Docker from 'dockerode';
import { onTestFinished } from 'vitest';
import type { ServiceView } from '../../src/deployments/status/status.service.js';
import type { WholeDeployment } from '../../src/domain/deployment/deployment-view.js';
import type { Deployment } from '../../src/domain/deployment/deployment.js';
import { DeployInProcess, type InProcessOptions } from './deploy-in-process.js';
import { DeployProcess, type DeployOptions } from './deploy-process.js';
import { aDockerHubPush } from './docker-hub.js';
import { pull } from './pull.js';
import { aSampleApp, type SampleApp } from './sample-app.js';
import {
  HUB_SECRET,
  removeContainers,
  setScene,
  type ServiceSetup,
  type SceneOptions,
  type Stage,
} from './service-setup.js';
import { SELDOM_MS, waitFor } from './wait-for.js';

/** What a test looks at when a deployment has ended, whatever its end. */
export interface Remains {
  /** What the published port serves; null where nothing answers. */
  readonly serves: string | null;
  /** All containers of the service, the temporary ones too. */
  readonly names: readonly string[];
  /** Restart policy of the container under the service's name. */
  readonly restart: string;
  readonly quarantined: readonly string[];
}

/** The series of look-ups and the pauses of a dead registry, a hundred times as fast. */
const QUICK_LOOKUPS = {
  againAfterMs: [50, 150, 300, 600],
  troublePausesMs: [50, 100, 200],
} as const;
/** Phases that nothing follows. */
const ENDED: readonly string[] = [
  'succeeded',
  'rolled-back',
  'failed',
  'skipped',
  'superseded',
  'cancelled',
  'rejected',
  'expired',
];

/** A deployment as `GET /deployments/:id` shows it. */
export type ShownDeployment = Deployment & WholeDeployment;

export interface ScenarioOptions extends SceneOptions {
  readonly deploy?: Partial<DeployOptions>;
  /** How quickly an in-process Deploy asks the registry again; see `startInProcess`. */
  readonly schedule?: InProcessOptions['schedule'];
  /** How often an in-process Deploy polls; `policy.poll` says whether. */
  readonly polling?: InProcessOptions['polling'];
  /** When an in-process Deploy prunes. */
  readonly pruning?: InProcessOptions['pruning'];
  /** Do not start Deploy yet. */
  readonly prepareOnly?: boolean;
}

/** What a scenario needs of the Deploy that it plays with. */
interface DeployServer {
  readonly baseUrl: string;
  api(path: string, init?: RequestInit): Promise<Response>;
}

/** One service `web` in `staging` with its container, repository and Deploy, removed after the test. */
export class Scenario<Server extends DeployServer = DeployProcess> {
  #lastSecond = 0;

  private constructor(
    private readonly scene: ServiceSetup,
    readonly deploy: Server,
  ) {}

  /** With the real server as a process of its own. */
  static async start(options: ScenarioOptions = {}): Promise<Scenario> {
    const scene = await setScene(options);
    const { configuration } = scene;
    const deploy = await DeployProcess.prepare({ ...options.deploy, configuration });
    onTestFinished(() => deploy.remove());
    if (options.prepareOnly !== true) await deploy.start();
    return new Scenario(scene, deploy);
  }

  /** With the application inside the test: for supertest, and for look-ups that take no minutes. */
  static async startInProcess(options: ScenarioOptions = {}): Promise<Scenario<DeployInProcess>> {
    const scene = await setScene(options);
    const { configuration } = scene;
    const { schedule = QUICK_LOOKUPS, polling = {}, pruning = {} } = options;
    const deploy = await DeployInProcess.prepare({ configuration, schedule, polling, pruning });
    onTestFinished(() => deploy.remove());
    await deploy.start();
    return new Scenario(scene, deploy);
  }

  get stage(): Stage {
    return this.scene.stage;
  }

  /** Name of the container. */
  get container(): string {
    return this.scene.container;
  }

  /** `namespace/name` in the registry. */
  get repository(): string {
    return this.scene.repository;
  }

  /** Published port of the container, on loopback. */
  get port(): number {
    return this.scene.port;
  }

  /** Digest of the version that ran at the start. */
  get firstDigest(): string {
    return this.scene.firstDigest;
  }

  /** The deploy.yaml that it began with. */
  get configuration(): string {
    return this.scene.configuration;
  }

  /** Repository and tag as in `docker run`. */
  image(tag = 'latest'): string {
    return `${this.stage.registryHost}/${this.repository}:${tag}`;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/`;
  }

  /** Pushes a version under a tag; returns its digest. */
  push(app: SampleApp, tag = 'latest'): Promise<string> {
    return this.stage.registry.push(this.repository, tag, aSampleApp(app));
  }

  /** Pulls the service's image as a person would. */
  pull(tag?: string): Promise<void> {
    return pull(this.stage.docker, this.image(tag), this.stage.login);
  }

  /** Posts the webhook; with equal arguments it is the same hook again, without a time a new one. */
  hook(tag = 'latest', pushedAt = this.nextSecond()): Promise<Response> {
    const body = aDockerHubPush({ repository: this.repository, tag, pushedAt });
    return fetch(`${this.deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Pushes a version, tells of it, and waits for the end of its deployment. */
  async ship(app: SampleApp, tag?: string): Promise<ShownDeployment> {
    await this.push(app, tag);
    return this.ended(await this.hookedDeployment(tag));
  }

  /** Deploys by hand. */
  async deployByHand(wish: object = {}): Promise<ShownDeployment> {
    return this.order('deployments', wish);
  }

  /** Rolls back by hand. */
  async rollBack(wish: object = {}): Promise<ShownDeployment> {
    return this.order('rollback', wish);
  }

  /** Posts the webhook and returns the id of the one deployment that it made or joined. */
  async hookedDeployment(tag?: string): Promise<string> {
    const answer = await this.hook(tag);
    const receipt = (await answer.json()) as { deployments: string[] };
    const [id] = receipt.deployments;
    if (answer.status !== 202 || id === undefined) {
      throw new Error(`${String(answer.status)} ${JSON.stringify(receipt)}`);
    }
    return id;
  }

  async deployment(id: string): Promise<ShownDeployment> {
    const answer = await this.deploy.api(`/deployments/${id}`);
    return (await answer.json()) as ShownDeployment;
  }

  /** The deployment once it has ended. */
  ended(id: string, within = 60_000): Promise<ShownDeployment> {
    return waitFor(
      `deployment ${id} to end`,
      () => this.deployment(id),
      (deployment) => ENDED.includes(deployment.phase),
      { within, every: SELDOM_MS },
    );
  }

  /** The deployment once it is in a phase. */
  inPhase(id: string, phase: Deployment['phase'], within = 30_000): Promise<ShownDeployment> {
    return waitFor(
      `deployment ${id} to be ${phase}`,
      () => this.deployment(id),
      (deployment) => deployment.phase === phase,
      // It may pass by.
      { within, every: 20 },
    );
  }

  inspect(): Promise<Docker.ContainerInspectInfo> {
    return this.stage.docker.getContainer(this.container).inspect();
  }

  /** What the published port serves now. */
  async served(): Promise<string> {
    const answer = await fetch(this.url, {
      headers: { connection: 'close' },
      // Before a container listens, the engine's proxy may take a connection and never answer on it.
      signal: AbortSignal.timeout(2_000),
    });
    return (await answer.text()).trim();
  }

  /** Names of all containers of the service, the temporary ones too. */
  async names(): Promise<string[]> {
    const list = await this.stage.docker.listContainers({ all: true });
    return list
      .flatMap((each) => each.Names.map((name) => name.slice(1)))
      .filter((name) => name === this.container || name.startsWith(`${this.container}.`))
      .sort();
  }

  /** For a further container that the test made. */
  removeAtTheEnd(container: string): void {
    onTestFinished(() => removeContainers(this.stage.docker, container));
  }

  /** The service as the API shows it. */
  async service(): Promise<ServiceView> {
    const answer = await this.deploy.api('/environments/staging/services/web');
    return (await answer.json()) as ServiceView;
  }

  /** What serves and what is left on the engine. */
  async remains(): Promise<Remains> {
    const [serves, names, inspection, { quarantined }] = await Promise.all([
      this.served().catch(() => null),
      this.names(),
      this.inspect(),
      this.service(),
    ]);
    return { serves, names, restart: inspection.HostConfig.RestartPolicy?.Name ?? '', quarantined };
  }

  private async order(what: 'deployments' | 'rollback', wish: object): Promise<ShownDeployment> {
    const answer = await this.deploy.api(`/environments/staging/services/web/${what}`, {
      method: 'POST',
      body: JSON.stringify(wish),
    });
    const made = (await answer.json()) as ShownDeployment;
    if (answer.status !== 202) throw new Error(`${String(answer.status)} ${JSON.stringify(made)}`);
    return made;
  }

  /** Docker Hub tells times in seconds: two pushes within one would be the same hook. */
  private nextSecond(): number {
    this.#lastSecond = Math.max(this.#lastSecond + 1, Math.floor(Date.now() / 1_000));
    return this.#lastSecond;
  }
}
