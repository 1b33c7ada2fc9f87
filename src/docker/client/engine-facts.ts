import type { EngineConnection, OpenLine } from './engine-connection.js';

/** How long an engine's answer about itself is cached, in milliseconds. */
const KNOWN_FOR_MS = 10_000;

/** Properties of an engine that affect how containers are created on it. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly hostName: string;
  readonly defaultRuntime: string | null;
  readonly os: string;
  readonly architecture: string;
  /** Its network drivers. */
  readonly networkDrivers: readonly string[];
}

/** The fields of `GET /info` that are used. */
export interface EngineInfo {
  readonly Name: string;
  readonly DefaultRuntime?: string;
  readonly Plugins?: { readonly Network?: readonly string[] | null };
  /** The engine's clock, RFC 3339. */
  readonly SystemTime: string;
}

/** @throws EngineError */
export function askInfo(connection: EngineConnection): Promise<EngineInfo> {
  return connection.request({ doing: 'ask the engine', method: 'GET', path: '/info' });
}

/**
 * Asks an engine about itself and caches the answer, but not for long: its default runtime can change while it runs.
 * Concurrent callers share one request.
 */
export class FactsOfEngine {
  #known: { line: OpenLine; at: number; facts: Promise<EngineFacts> } | null = null;

  constructor(private readonly connection: EngineConnection) {}

  /** @throws EngineError */
  async ask(): Promise<EngineFacts> {
    const line = await this.connection.line();
    const at = performance.now();
    if (this.#known?.line !== line || at - this.#known.at > KNOWN_FOR_MS) {
      const facts = this.askNow(line).catch((error: unknown) => {
        this.#known = null;
        throw error;
      });
      this.#known = { line, at, facts };
    }
    return this.#known.facts;
  }

  private async askNow(line: OpenLine): Promise<EngineFacts> {
    const info = await askInfo(this.connection);
    const { Name: hostName, DefaultRuntime: defaultRuntime = null, Plugins: plugins } = info;
    const { version, apiVersion, os, architecture } = line;
    const networkDrivers = plugins?.Network ?? [];
    return { version, apiVersion, hostName, defaultRuntime, os, architecture, networkDrivers };
  }
}
