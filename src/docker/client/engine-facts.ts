import type { EngineConnection, OpenLine } from './engine-connection.js';

/** How long what an engine tells of itself is taken as known, in milliseconds. */
const KNOWN_FOR_MS = 10_000;

/** What of an engine decides how containers are made on it. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly hostName: string;
  readonly defaultRuntime: string | null;
  readonly os: string;
  readonly architecture: string;
  /** The drivers that it has for networks. */
  readonly networkDrivers: readonly string[];
}

/** `GET /info`, of which there is much more. */
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
 * Asks an engine about itself, anew after a while: its default runtime can be changed while it runs.
 * Whoever asks in the meantime gets the same answer.
 */
export class FactsOfEngine {
  #known: { line: OpenLine; at: number; told: Promise<EngineFacts> } | null = null;

  constructor(private readonly connection: EngineConnection) {}

  /** @throws EngineError */
  async ask(): Promise<EngineFacts> {
    const line = await this.connection.line();
    const at = performance.now();
    if (this.#known?.line !== line || at - this.#known.at > KNOWN_FOR_MS) {
      const told = this.askNow(line).catch((error: unknown) => {
        this.#known = null;
        throw error;
      });
      this.#known = { line, at, told };
    }
    return this.#known.told;
  }

  private async askNow(line: OpenLine): Promise<EngineFacts> {
    const info = await askInfo(this.connection);
    const { Name: hostName, DefaultRuntime: defaultRuntime = null, Plugins: plugins } = info;
    const { version, apiVersion, os, architecture } = line;
    const networkDrivers = plugins?.Network ?? [];
    return { version, apiVersion, hostName, defaultRuntime, os, architecture, networkDrivers };
  }
}
