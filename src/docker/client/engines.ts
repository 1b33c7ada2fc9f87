import { Injectable } from '@nestjs/common';
import { ConfigurationService } from '../../config/configuration.service.js';
import { DeployError } from '../../domain/errors.js';
import { EngineClient } from './engine-client.js';

/** The configured engines. Each keeps its client as long as its configuration stays the same. */
@Injectable()
export class Engines {
  readonly #clients = new Map<string, { key: string; client: EngineClient }>();

  constructor(private readonly configuration: ConfigurationService) {}

  names(): string[] {
    return this.configuration.current().engines.map((engine) => engine.name);
  }

  /** @throws DeployError `engine-unavailable` if the configuration does not (or no longer) name it. */
  get(name: string): EngineClient {
    const engine = this.configuration.current().engines.find((each) => each.name === name);
    const known = this.#clients.get(name);
    if (engine === undefined) {
      // A rollout in progress is completed even if its engine was removed from the configuration.
      if (known !== undefined) return known.client;
      throw new DeployError(
        'engine-unavailable',
        `the configuration names no engine ${name}; put it back under "engines"`,
      );
    }
    const key = `${engine.host} ${engine.tls?.ca ?? ''} ${engine.tls?.cert ?? ''}`;
    if (known?.key === key) return known.client;
    const client = new EngineClient(engine);
    this.#clients.set(name, { key, client });
    return client;
  }
}
