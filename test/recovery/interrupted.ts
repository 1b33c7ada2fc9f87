import type Docker from 'dockerode';
import { replacementOf } from '../../src/docker/creation/container-options.js';
import { EngineClient } from '../../src/docker/client/engine-client.js';
import { newDeployment } from '../../src/domain/deployment/deployment.js';
import { candidateLabels, twinLabels } from '../../src/domain/rollout/labels.js';
import { NO_OVERLAP, NOTHING_DONE, type RolloutIntent } from '../../src/domain/rollout/intent.js';
import { rolloutNames } from '../../src/domain/rollout/rollout-names.js';
import { Storage } from '../../src/storage/storage.js';
import type { Fleet, FleetService } from '../support/kill-fleet.js';
import { pull } from '../support/pull.js';
import type { SampleApp } from '../support/sample-app.js';

let made = 0;

/**
 * A rollout that was interrupted, built by hand: its containers by plain calls to the engine, its row and its
 * journal straight into the storage of a Deploy that is not running.
 */
export class Interrupted {
  newId = '';

  private constructor(
    readonly fleet: Fleet,
    readonly service: FleetService,
    private readonly storage: Storage,
    private readonly engine: EngineClient,
    /** As it was before the old container was touched: with the new image pulled. */
    readonly intent: RolloutIntent,
    /** What the old container was created with beyond a fleet's usual settings. */
    private readonly own: Docker.ContainerCreateOptions,
  ) {}

  static async begin(
    fleet: Fleet,
    storage: Storage,
    next: SampleApp,
    container: Docker.ContainerCreateOptions = {},
  ): Promise<Interrupted> {
    const { docker, engineHost } = fleet.stage;
    const service = await fleet.add(next, container);
    const repository = service.image.slice(0, -service.name.length - 1);
    const reference = `${repository}@${service.nextDigest}`;
    await pull(docker, reference);
    const { Id: imageId } = await docker.getImage(reference).inspect();
    await docker.getImage(reference).tag({ repo: repository, tag: service.name });
    const old = await docker.getContainer(service.container).inspect();
    const engine = new EngineClient({ name: 'local', host: engineHost, tls: null });
    made += 1;
    const intent: RolloutIntent = {
      deployment: `01J0000000000000000000${String(made).padStart(4, '0')}`,
      engine: 'local',
      environment: 'staging',
      service: service.name,
      container: service.container,
      repository,
      image: service.image,
      digest: service.nextDigest,
      old: {
        id: old.Id,
        imageId: old.Image,
        image: service.image,
        digest: null,
        startedAt: old.State.StartedAt,
        wasRunning: true,
        restartPolicy: {
          name: old.HostConfig.RestartPolicy?.Name || 'no',
          maximumRetryCount: 0,
        },
        autoRemove: old.HostConfig.AutoRemove === true,
        record: null,
      },
      health: { timeoutMs: null, stableForMs: 1_000, probe: null },
      probeVia: null,
      onFailure: 'rollback',
      furtherNetworks: [],
      skipSameImage: true,
      formerIds: [],
      ...NO_OVERLAP,
      ...NOTHING_DONE,
      imageId,
    };
    const begun = await withRecord(engine, intent, storage.instanceId);
    return new Interrupted(fleet, service, storage, engine, begun, container);
  }

  get old(): Docker.Container {
    return this.fleet.stage.docker.getContainer(this.intent.old.id);
  }

  get new(): Docker.Container {
    return this.fleet.stage.docker.getContainer(this.newId);
  }

  get names() {
    return rolloutNames(this.service.container);
  }

  /** Creates the new container, under its temporary name, with the old one's volume and port. */
  async createNew(container: Docker.ContainerCreateOptions = {}): Promise<void> {
    const { Config, HostConfig } = await this.old.inspect();
    const created = await this.fleet.stage.docker.createContainer({
      name: this.names.candidate,
      Image: this.service.image,
      Labels: candidateLabels(this.intent, this.storage.instanceId),
      // What the image says itself is not the container's own.
      ...(this.own.Entrypoint === undefined ? {} : { Entrypoint: this.own.Entrypoint }),
      Volumes: Config.Volumes,
      StopTimeout: (Config as { readonly StopTimeout?: number }).StopTimeout,
      ...container,
      HostConfig: {
        ...HostConfig,
        Mounts: [{ Type: 'volume', Source: this.service.volume, Target: '/app/www/data' }],
        ...container.HostConfig,
      },
    });
    this.newId = created.id;
  }

  /** Creates the copy of the old container that keeps the volume of one that was run with `--rm`. */
  async createTwin(): Promise<void> {
    const { docker } = this.fleet.stage;
    const record = this.intent.old.record as { body: Docker.ContainerCreateOptions };
    const { repository, old } = this.intent;
    await docker.getImage(old.imageId).tag({ repo: repository, tag: this.service.name });
    await docker.createContainer({ ...record.body, name: this.names.twin });
    const { imageId } = this.intent;
    await docker.getImage(imageId ?? '').tag({ repo: repository, tag: this.service.name });
  }

  /** Stops the old one and gives its name to the new one. */
  async swapNames(): Promise<void> {
    await this.old.stop();
    await this.old.rename({ name: this.names.old });
    await this.new.rename({ name: this.names.final });
  }

  /** The journal after the old one was told to stop. */
  stopped(): Partial<RolloutIntent> {
    return { stopIssued: true };
  }

  /** The journal after the new one was told to start. */
  async started(): Promise<Partial<RolloutIntent>> {
    const oldDownAt = new Date().toISOString();
    return { stopIssued: true, oldDownAt, startedInEpoch: await this.engine.epoch() };
  }

  /** The journal after the new one was found to be bad. */
  async undoing(): Promise<Partial<RolloutIntent>> {
    const failure = { code: 'unhealthy', message: 'the engine calls it unhealthy' } as const;
    return { ...(await this.started()), goal: 'back', failure };
  }

  /** Stores the deployment as one under way, with its journal. */
  async store(journal: Partial<RolloutIntent>): Promise<void> {
    const { deployment: id, environment, service, repository: image, digest } = this.intent;
    const trigger = { kind: 'webhook', by: 'hub', delivery: null } as const;
    const now = new Date().toISOString();
    const intent = { ...this.intent, ...journal };
    await this.storage.transaction(async ({ deployments }) => {
      await deployments.insert(
        newDeployment({ id, environment, service, image, tag: service, trigger, digest }, now),
      );
      await deployments.transition(id, { phase: 'queued', waitingFor: null });
      await deployments.transition(id, { phase: 'running', startedAt: now });
      if (intent.goal === 'back') await deployments.transition(id, { phase: 'rolling-back' });
      await deployments.setIntent(id, intent);
    });
  }
}

/** What a twin is made from is recorded before an old container that was run with `--rm` is touched. */
async function withRecord(
  engine: EngineClient,
  intent: RolloutIntent,
  instance: string,
): Promise<RolloutIntent> {
  if (!intent.old.autoRemove) return intent;
  const container = await engine.container(intent.old.id);
  if (container === null) throw new Error('the old container is gone');
  const facts = await engine.facts();
  const record = replacementOf({
    container,
    oldImage: await engine.image(intent.old.imageId),
    containerNames: new Map(),
    engine: facts,
    apiVersion: facts.apiVersion,
    image: intent.image,
    labels: twinLabels(intent, instance),
    newImageId: intent.old.imageId,
  });
  return { ...intent, old: { ...intent.old, record } };
}
