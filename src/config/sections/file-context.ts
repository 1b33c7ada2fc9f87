import type { ReadContext } from '../secret-reader.js';
import type { EnginesByName } from './engine.section.js';

/** What the readers of environments and services know about the rest of the file. */
export interface FileContext extends ReadContext {
  readonly engines: EnginesByName;
  /** The path of the service that a container belongs to, by the engine's address and the container's name. */
  readonly containerOwners: Map<string, string>;
}
