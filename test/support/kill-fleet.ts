import type Docker from 'dockerode';
import { DeployProcess, type DeployOptions } from './deploy-process.js';
import { aDockerHubPush } from './docker-hub.js';
import { ALIAS, LAST_WORD, MARK, startService } from './fleet-container.js';
import { nextFixedPort } from './fixed-ports.js';
import { addChain, chainOutcome, clearChain, expectedChain } from './kill-chain.js';
import { makeSmallNetwork, networksOf, removeNetwork, waitingNetworks } from './small-networks.js';
import type { Image } from './image.js';
import { pull } from './pull.js';
import { aSampleApp, type SampleApp } from './sample-app.js';
import type { ShownDeployment } from './scenario.js';
import { HUB_SECRET, type Stage } from './service-setup.js';
import {
  configurationOf,
  environmentOf,
  type ConfiguredService,
} from './services-configuration.js';
import { uniqueName } from './shared-rig.js';
import { waitFor } from './wait-for.js';

/** What has no deadline of its own is waited for so long. */
export const PATIENCE_MS = 90_000;
const LOOPBACK = '127.0.0.1';

/** One service of a fleet: a running container of version v1 with an anonymous volume and a published port. */
export interface FleetService {
  readonly container: string;
  /** Of the service, and the tag that concerns it and no other. */
  readonly name: string;
  readonly environment: string;
  /** `repository:tag` */
  readonly image: string;
  readonly port: number;
  readonly volume: string;
  /** Of the version that it shall be moved to. */
  readonly nextDigest: string;
}

export interface FleetOptions extends Partial<DeployOptions> {
  /** `rollout` of every service, as YAML. */
  readonly rollout?: string;
  /** By a service's name: its own `rollout`, and its own way to the engine. */
  readonly own?: ReadonlyMap<string, Partial<Pick<ConfiguredService, 'rollout' | 'engineHost'>>>;
  /** Each service has a network of its own, with an alias, instead of the default bridge. */
  readonly hasNetworks?: boolean;
  /** Whether the services publish a port that their user chose; true by default. Else the engine chooses one. */
  readonly hasFixedPort?: boolean;
  /** Two further containers depend on each service, in a chain. */
  readonly hasChain?: boolean;
}

/** One Deploy with many services of one image, each followed by a tag of its own. */
export class Fleet {
  #made = 0;
  #pushes = 0;
  #pushed: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly stage: Stage,
    /** First part of all its containers' names. */
    readonly name: string,
    readonly deploy: DeployProcess,
    /** Where the test reaches the published ports. */
    private readonly address: string,
    private readonly options: FleetOptions,
  ) {}

  /**
   * Prepares Deploy without starting it, for the first services that will be added.
   */
  static async prepare(stage: Stage, services: number, options: FleetOptions = {}): Promise<Fleet> {
    const name = uniqueName('kill');
    const image = `${stage.registryHost}/acme/${name}`;
    await stage.registry.push(
      `acme/${name}`,
      'v1',
      aSampleApp({ version: 'v1', lastWord: LAST_WORD }),
    );
    await pull(stage.docker, `${image}:v1`);
    const deploy = await DeployProcess.prepare({ ...options, configuration: '' });
    const fleet = new Fleet(stage, name, deploy, options.place?.address ?? LOOPBACK, options);
    await fleet.configure(Array.from({ length: services }, (_, index) => `s${index + 1}`));
    return fleet;
  }

  /** Whether its services publish a port that their user chose. */
  get hasFixedPort(): boolean {
    return this.options.hasFixedPort !== false;
  }

  /** Which services Deploy knows from its next start on. */
  async configure(services: readonly string[]): Promise<void> {
    const all = services.map((name) => this.configured(name));
    await this.deploy.configure(configurationOf(this.stage, all));
  }

  /** Starts Deploy and waits for its readiness, with patience: many may start at once on a busy machine. */
  async start(): Promise<void> {
    this.deploy.spawn();
    await this.deploy.ready(PATIENCE_MS);
  }

  /** Makes the next service's container of v1 and pushes the version that it shall be moved to. */
  async add(next: SampleApp, container: Docker.ContainerCreateOptions = {}): Promise<FleetService> {
    this.#made += 1;
    const name = `s${this.#made}`;
    const { docker, registryHost } = this.stage;
    const containerName = `${this.name}-${name}`;
    const port = await nextFixedPort();
    const hostIp = this.address === LOOPBACK ? LOOPBACK : '0.0.0.0';
    const repository = `${registryHost}/acme/${this.name}`;
    const image = `${repository}:${name}`;
    await docker.getImage(`${repository}:v1`).tag({ repo: repository, tag: name });
    const nextDigest = await this.push(name, next);
    const network =
      this.options.hasNetworks === true ? await makeSmallNetwork(docker, containerName) : null;
    const volume = await startService(docker, container, {
      name: containerName,
      image,
      network,
      binding: { HostIp: hostIp, HostPort: this.hasFixedPort ? String(port) : '' },
    });
    if (this.options.hasChain === true) await addChain(docker, { container: containerName, image });
    return {
      container: containerName,
      name,
      environment: environmentOf(this.configured(name)),
      image,
      port,
      volume,
      nextDigest,
    };
  }

  /** Pushes a version for a service; returns its digest. Each is an image of its own, which has to be pulled. */
  push(service: string, app: SampleApp): Promise<string> {
    this.#pushes += 1;
    const round = `${this.name}-${service}-${String(this.#pushes)}`;
    return this.pushImage(
      service,
      aSampleApp({ ...app, config: { ...app.config, Labels: { round } } }),
    );
  }

  hook(service: FleetService, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const body = aDockerHubPush({ repository: `acme/${this.name}`, tag: service.name });
    return fetch(`${this.deploy.baseUrl}/webhooks/hub/${HUB_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** The service's one deployment, with its steps; null where none was stored. */
  async deployment(service: FleetService): Promise<ShownDeployment | null> {
    const answer = await this.deploy.api(
      `/deployments?environment=${service.environment}&service=${service.name}`,
    );
    const { items } = (await answer.json()) as { items: ShownDeployment[] };
    if (items.length > 1) throw new Error(`several deployments: ${JSON.stringify(items)}`);
    const [item] = items;
    if (item === undefined) return null;
    return (await (await this.deploy.api(`/deployments/${item.id}`)).json()) as ShownDeployment;
  }

  async ended(service: FleetService, within = PATIENCE_MS): Promise<ShownDeployment> {
    const deployment = await waitFor(
      `the deployment of ${service.container} to end`,
      () => this.deployment(service),
      (seen) => seen?.finishedAt != null,
      { within, every: 200 },
    );
    if (deployment === null) throw new Error('there is no deployment');
    return deployment;
  }

  async served(service: FleetService): Promise<string> {
    return (await this.get(service, '/')).trim();
  }

  /** Everything of a service after its deployment, in a shape that tests compare whole. */
  async outcome(service: FleetService): Promise<object> {
    const { docker } = this.stage;
    const containers = await this.containersOf(service);
    const { HostConfig, Mounts, State } = await docker.getContainer(service.container).inspect();
    return {
      names: containers.flatMap((each) => each.Names),
      running: State.Running,
      policy: HostConfig.RestartPolicy?.Name,
      networks: await networksOf(docker, service.container, ALIAS),
      // Others may need theirs just then: only a network of its own tells.
      waitingNetworks: await waitingNetworks(docker, service.container),
      volumes: Mounts.map((mount) => mount.Name),
      data: await this.get(service, '/data/mark'),
      serves: await this.served(service),
      quarantined: await this.quarantined(service),
      ...(this.options.hasChain === true ? { chain: await chainOutcome(docker, service) } : {}),
    };
  }

  /** What `outcome` shall be where the service runs a version. */
  expected(service: FleetService, version: string, quarantined: readonly string[]): object {
    return {
      names: [`/${service.container}`],
      running: true,
      policy: 'always',
      networks: [
        [
          this.options.hasNetworks === true ? service.container : 'bridge',
          this.options.hasNetworks === true,
        ],
      ],
      waitingNetworks: [],
      volumes: [service.volume],
      data: MARK,
      serves: version,
      quarantined,
      ...(this.options.hasChain === true ? { chain: expectedChain(service) } : {}),
    };
  }

  async quarantined(service: FleetService): Promise<readonly string[]> {
    const answer = await this.deploy.api(
      `/environments/${service.environment}/services/${service.name}`,
    );
    return ((await answer.json()) as { quarantined: string[] }).quarantined;
  }

  /** All containers under the service's name and the temporary ones beside it. */
  containersOf(service: FleetService): Promise<Docker.ContainerInfo[]> {
    const filters = { name: [`^/${service.container}(\\..*)?$`] };
    return this.stage.docker.listContainers({ all: true, filters });
  }

  /** Removes the service's containers and volume. */
  async clear(service: FleetService): Promise<void> {
    const { docker } = this.stage;
    if (this.options.hasChain === true) await clearChain(docker, service);
    const containers = await this.containersOf(service);
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
    if (this.options.hasNetworks === true) await removeNetwork(docker, service.container);
    // The engine removes the anonymous volume of a container that was run with --rm by itself.
    const { Volumes } = await docker.listVolumes();
    if (Volumes.some((volume) => volume.Name === service.volume)) {
      await docker.getVolume(service.volume).remove();
    }
  }

  private configured(name: string): ConfiguredService {
    const { rollout = '{ health: { stableFor: 1s } }', own } = this.options;
    const repository = `acme/${this.name}`;
    const container = `${this.name}-${name}`;
    return { name, container, repository, tag: name, rollout, ...own?.get(name) };
  }

  /** One at a time: while a layer is pushed anew, the registry has no whole link to it in the repository. */
  private pushImage(tag: string, image: Image): Promise<string> {
    const push = (): Promise<string> => this.stage.registry.push(`acme/${this.name}`, tag, image);
    const pushed = this.#pushed.then(push, push);
    this.#pushed = pushed;
    return pushed;
  }

  /** Where clients find the service now. */
  private async originOf(service: FleetService): Promise<string> {
    if (this.hasFixedPort) return `${this.address}:${service.port}`;
    const ports = (await this.containersOf(service)).flatMap(({ Ports }) => Ports);
    return `${this.address}:${ports.find(({ PublicPort }) => PublicPort > 0)?.PublicPort ?? ''}`;
  }

  private async get(service: FleetService, path: string): Promise<string> {
    const answer = await fetch(`http://${await this.originOf(service)}${path}`, {
      headers: { connection: 'close' },
      // Before a container listens, the engine's proxy may take a connection and never answer on it.
      signal: AbortSignal.timeout(2_000),
    });
    return answer.text();
  }
}
