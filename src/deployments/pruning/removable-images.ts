import { Injectable } from '@nestjs/common';
import { UNDER_WAY } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { imagesOfService, type RemovableNames } from '../../domain/deployment/image-retention.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';

/** How many rollouts of a service are considered. Images replaced before those were removed long ago. */
const HISTORY_DEPTH = 1_000;

/** Determines from storage which images on an engine are no longer needed. */
@Injectable()
export class RemovableImages {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
  ) {}

  /** The images on the engine of these names that no service and no deployment of this Deploy needs. */
  async on(engines: readonly string[]): Promise<RemovableNames> {
    const services = this.servicesOn(engines);
    const gone = new Set<string>();
    const needed = new Set<string>();
    const pointed = new Set<string>();
    for (const { environment, name, rollout } of services) {
      const past = await this.storage.history.ended(environment, name, HISTORY_DEPTH);
      const quarantined = await this.storage.quarantine.list(environment, name);
      const { keepImages } = rollout;
      const images = imagesOfService({ keepImages, past, quarantined });
      for (const each of images.gone) gone.add(each);
      for (const each of images.kept) needed.add(each);
      for (const { image, tag, digest } of past) pointed.add(`${image}:${tag}@${digest ?? ''}`);
    }
    for (const { image, digest } of await this.storage.deployments.active()) {
      if (digest !== null) needed.add(`${image}@${digest}`);
    }
    const followed = services.flatMap(({ repository, tagRule }) =>
      tagRule.kind === 'exact' ? [`${repository}:${tagRule.tag}`] : [],
    );
    return {
      gone: new Set([...gone].filter((each) => !needed.has(each))),
      pointed,
      followed: new Set(followed),
    };
  }

  /** Whether a rollout is under way there, even one that holds no slot at the moment. */
  async isBusy(engines: readonly string[]): Promise<boolean> {
    const active = await this.storage.deployments.active();
    return active
      .filter(({ phase }) => UNDER_WAY.includes(phase))
      .some(({ environment, service }) => {
        const configured = this.environments.findService(environment, service);
        // If the service is no longer configured, its engine is unknown.
        return configured === null || engines.includes(configured.engine);
      });
  }

  private servicesOn(engines: readonly string[]): Service[] {
    return this.environments
      .all()
      .flatMap(({ services }) => services)
      .filter(({ engine }) => engines.includes(engine));
  }
}
