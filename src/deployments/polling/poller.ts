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
import { RegistryAsker } from './registry-answers.js';

/**
 * Finds pushes that no webhook reported, for services with `policy.poll`: a webhook may get lost, or arrive while
 * Deploy is down. Each host gets one request at a time. A failure is logged when it begins and when it ends, and has no
 * other effect.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Poll');
  readonly #stopping = new AbortController();
  readonly #hosts = new Map<string, { poller: HostPoller; ended: Promise<void> }>();
  /** Services whose last poll failed. */
  readonly #failing = new Set<string>();
  #stopListening = (): void => undefined;

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly registries: RegistryAsker,
    private readonly servicePoll: ServicePoll,
    private readonly schedule: PollSchedule,
    private readonly counters: PollCounters,
  ) {}

  onApplicationBootstrap(): void {
    this.begin();
    this.#stopListening = this.configuration.onChange(() => {
      this.forgetOthers();
      for (const { poller } of this.#hosts.values()) poller.poke();
      this.begin();
    });
  }

  /** Aborts the request in flight. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort(new Error('the server stops'));
    await Promise.all([...this.#hosts.values()].map(({ ended }) => ended));
  }

  private forgetOthers(): void {
    const services = this.services();
    const keys = new Set(services.map(keyOf));
    for (const key of this.#failing) if (!keys.has(key)) this.#failing.delete(key);
    this.servicePoll.forgetOthers(services);
  }

  private begin(): void {
    const hosts = new Set(this.services().map(hostOf));
    for (const host of hosts) {
      if (this.#hosts.has(host)) continue;
      const poller = new HostPoller(
        () => this.services().filter((service) => hostOf(service) === host),
        (repository, services) => this.poll(repository, services),
        this.schedule,
        this.#stopping.signal,
      );
      this.#hosts.set(host, { poller, ended: this.run(host, poller) });
    }
  }

  private async run(host: string, poller: HostPoller): Promise<void> {
    try {
      await poller.run();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#logger.error({
        msg: `polling of ${host} has stopped: ${messageOf(error)}`,
        err: error,
      });
      return;
    }
    this.#hosts.delete(host);
    // The configuration may have changed again in the same moment.
    this.begin();
  }

  /** How long the registry asks to be left alone, in milliseconds; null if it does not ask. */
  private async poll(repository: string, services: readonly Service[]): Promise<number | null> {
    const answers = this.registries.answersOf(repository, this.#stopping.signal);
    const problems = new Map<Service, unknown>();
    for (const service of services) {
      try {
        this.counters.polls[await this.servicePoll.poll(service, answers)] += 1;
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        this.counters.polls.failed += 1;
        problems.set(service, error);
      }
    }
    this.logChanges(repository, services, problems);
    const pauses = [...problems.values()].map((error) =>
      error instanceof DeployError ? (error.retryAfterMs ?? 0) : 0,
    );
    const longest = Math.max(0, ...pauses);
    return longest > 0 ? longest : null;
  }

  /** Logs what changed since the previous poll, in one line for all services with the same change. */
  private logChanges(
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
      const msg = `cannot poll ${repository} for ${names.join(', ')}, will retry at each poll: ${message}`;
      if (error instanceof DeployError) this.#logger.warn({ msg });
      else this.#logger.error({ msg, err: error });
    }
    if (over.length > 0)
      this.#logger.log(`polling ${repository} works again for ${over.join(', ')}`);
  }

  /** A service with `promoteFrom` is not polled: it receives versions by promotion only. */
  private services(): readonly Service[] {
    return this.configuration
      .current()
      .environments.flatMap(({ services }) => services)
      .filter(({ policy }) => policy.pollMs !== null && policy.promoteFrom === null);
  }
}

/** The host part of a canonical repository: services of one host wait for each other. */
function hostOf({ repository }: Service): string {
  return repository.slice(0, repository.indexOf('/'));
}
