import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import type { HandlerFile } from '../domain/settings/environment.js';
import type { Configuration } from '../domain/settings/configuration.js';
import { messageOf } from '../domain/errors.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { fetchForHandlers } from './handler-requests.js';
import { HandlerRunner } from './handler-runner.js';

/** One runner for each file that the current configuration names. A reload of the configuration replaces them all. */
@Injectable()
export class HandlerRunners implements OnApplicationBootstrap {
  readonly #logger = new Logger('Handler');
  readonly #retired = new Set<HandlerRunner>();
  #runners = new Map<string, HandlerRunner>();
  #whyClosed: string | null = null;
  #generation = 0;
  #stopListening = (): void => undefined;

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly http: GuardedHttp,
  ) {}

  onApplicationBootstrap(): void {
    this.#stopListening = this.configuration.onChange(() => {
      this.renew();
    });
    void this.tryAll();
  }

  /** Increases with each reload of the configuration. */
  get generation(): number {
    return this.#generation;
  }

  /** The runner of a file. */
  of(file: HandlerFile): HandlerRunner {
    const known = this.#runners.get(file.path);
    if (known !== undefined) return known;
    const hosts = (): readonly string[] => this.configuration.current().handlers.hosts;
    const runner = new HandlerRunner(file, fetchForHandlers(this.http, hosts));
    if (this.#whyClosed !== null) void runner.close(this.#whyClosed);
    this.#runners.set(file.path, runner);
    return runner;
  }

  /** Ends all runners at once; later calls fail. */
  async close(why: string): Promise<void> {
    this.#whyClosed = why;
    this.#stopListening();
    await Promise.all([...this.#runners.values(), ...this.#retired].map((each) => each.close(why)));
  }

  /** The old runners complete their calls. */
  private renew(): void {
    for (const runner of this.#runners.values()) {
      this.#retired.add(runner);
      void runner.retire().finally(() => this.#retired.delete(runner));
    }
    this.#runners = new Map();
    this.#generation += 1;
    void this.tryAll();
  }

  /** Loads each file, one after another, so that errors are reported before the handler is needed. */
  private async tryAll(): Promise<void> {
    const configuration = this.configuration.current();
    for (const file of filesOf(configuration)) {
      if (configuration !== this.configuration.current() || this.#whyClosed !== null) return;
      await this.tryOut(file);
    }
  }

  private async tryOut(file: HandlerFile): Promise<void> {
    const runner = this.of(file);
    try {
      const hooks = await runner.load((level, text) => {
        this.#logger[level === 'info' ? 'log' : level]({ msg: `${file.name}: ${text}` });
      });
      this.#logger.log({ msg: `handler ${file.name}: ${[...hooks].join(', ')}` });
    } catch (error) {
      // Errors of a replaced configuration, or of a server that is stopping, are of no interest.
      if (this.#runners.get(file.path) !== runner || this.#whyClosed !== null) return;
      this.#logger.error({ msg: messageOf(error) });
    }
  }
}

/** All files that the configuration names, each once. */
function filesOf({ webhooks, environments }: Configuration): HandlerFile[] {
  const named = [...webhooks, ...environments.flatMap(({ services }) => services)]
    .map(({ handler }) => handler)
    .filter((handler) => handler !== null);
  return [...new Map(named.map((file) => [file.path, file])).values()];
}
