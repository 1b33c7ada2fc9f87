import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigurationService } from '../../config/configuration.service.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeployError, messageOf } from '../../domain/errors.js';
import { HostPoller, keyOf } from './host-poller.js';
import { ServicePoll } from './service-poll.js';
import { PollSchedule } from './poll-schedule.js';
import { PollCounters } from './poll-counters.js';
import { RegistryAsker } from './registry-asker.js';

/**
 * Asks registries for what nobody told of, for services with `policy.poll`: a webhook may be lost, or come while
 * Deploy is down. One request at a time for each host. What goes wrong is logged when it begins and when it ends,
 * and changes nothing else.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Poll');
  readonly #stopping = new AbortController();
  readonly #hosts = new Map<string, { polling: HostPoller; ended: Promise<void> }>();
  /** Services whose last poll failed. */
  readonly #failing = new Set<string>();
  #stopListening = (): void => undefined;

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly registries: RegistryAsker,
    private readonly looks: ServicePoll,
    private readonly schedule: PollSchedule,
    private readonly tally: PollCounters,
  ) {}

  onApplicationBootstrap(): void {
    this.#begin();
    this.#stopListening = this.configuration.onChange(() => {
      this.#forgetOthers();
      for (const { polling } of this.#hosts.values()) polling.poke();
      this.#begin();
    });
  }

  /** Breaks off the request in hand. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort(new Error('the server stops'));
    await Promise.all([...this.#hosts.values()].map(({ ended }) => ended));
  }

  #forgetOthers(): void {
    const services = this.#services();
    const keys = new Set(services.map(keyOf));
    for (const key of this.#failing) if (!keys.has(key)) this.#failing.delete(key);
    this.looks.forgetOthers(services);
  }

  #begin(): void {
    const hosts = new Set(this.#services().map(hostOf));
    for (const host of hosts) {
      if (this.#hosts.has(host)) continue;
      const polling = new HostPoller(
        () => this.#services().filter((service) => hostOf(service) === host),
        (repository, services) => this.#poll(repository, services),
        this.schedule,
        this.#stopping.signal,
      );
      this.#hosts.set(host, { polling, ended: this.#run(host, polling) });
    }
  }

  async #run(host: string, polling: HostPoller): Promise<void> {
    try {
      await polling.run();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#logger.error({ msg: `polls at ${host} end: ${messageOf(error)}`, err: error });
      return;
    }
    this.#hosts.delete(host);
    // The configuration may have changed again in the same moment.
    this.#begin();
  }

  /** How long the registry wants to be left alone, in milliseconds; null where it says nothing of that. */
  async #poll(repository: string, services: readonly Service[]): Promise<number | null> {
    const answers = this.registries.answersOf(repository, this.#stopping.signal);
    const problems = new Map<Service, unknown>();
    for (const service of services) {
      try {
        this.tally.polls[await this.looks.look(service, answers)] += 1;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        this.tally.polls.failed += 1;
        problems.set(service, error);
      }
    }
    this.#tell(repository, services, problems);
    const pauses = [...problems.values()].map((error) =>
      error instanceof DeployError ? (error.retryAfterMs ?? 0) : 0,
    );
    const longest = Math.max(0, ...pauses);
    return longest > 0 ? longest : null;
  }

  /** Says what has changed since the poll before, in one line for the services that it happened to alike. */
  #tell(
    repository: string,
    services: readonly Service[],
    problems: ReadonlyMap<Service, unknown>,
  ): void {
    const begun = new Map<string, { names: string[]; error: unknown }>();
    const over: string[] = [];
    for (const service of services) {
      const key = keyOf(service);
      const name = `${service.environment}/${service.name}`;
      if (!problems.has(service)) {
        if (this.#failing.delete(key)) over.push(name);
      } else if (!this.#failing.has(key)) {
        this.#failing.add(key);
        const error = problems.get(service);
        const { names } = begun.get(messageOf(error)) ?? { names: [] };
        begun.set(messageOf(error), { names: [...names, name], error });
      }
    }
    for (const [message, { names, error }] of begun) {
      const msg = `cannot poll ${repository} for ${names.join(', ')}, tries again each time: ${message}`;
      if (error instanceof DeployError) this.#logger.warn({ msg });
      else this.#logger.error({ msg, err: error });
    }
    if (over.length > 0) this.#logger.log(`polls ${repository} again for ${over.join(', ')}`);
  }

  /** A promotion alone brings something to a service with `promoteFrom`. */
  #services(): readonly Service[] {
    return this.configuration
      .current()
      .environments.flatMap(({ services }) => services)
      .filter(({ policy }) => policy.pollMs !== null && policy.promoteFrom === null);
  }
}

/** As in a canonical repository: services of one host wait for each other. */
function hostOf({ repository }: Service): string {
  return repository.slice(0, repository.indexOf('/'));
}
