import { Secret } from '../domain/secrets/secret.js';
import type { FaultList } from './fault.js';
import type { HandlerSources } from './handler-sources.js';
import type { ConfigNode } from './config-node.js';
import { resolveReferences, type ReferenceSources } from './reference.js';

const SHORTEST_SECRET = 20;

/** What every section reader needs besides its node. */
export interface ReadContext extends ReferenceSources {
  readonly faults: FaultList;
  readonly secrets: SecretReader;
  readonly handlers: HandlerSources;
}

/** A secret and the place where it is used. */
interface SecretUse {
  readonly value: string;
  readonly path: string;
  /** Its offset in the file; -1 for an environment variable, so that it comes first. */
  readonly offset: number;
  readonly fault: (message: string) => void;
  /** Whether other shared uses may have the same value: it grants no access to Deploy. */
  readonly isShared: boolean;
}

/** Reads secrets, and checks that those that grant access are long enough and used only once. */
export class SecretReader {
  readonly #uses: SecretUse[] = [];

  constructor(private readonly sources: ReferenceSources) {}

  /** A webhook secret or token in the file; null after its faults. */
  readKey(node: ConfigNode): Secret | null {
    return this.readUse(node, false);
  }

  /** A token from an environment variable; null after its faults. */
  readVariable(name: string, value: string, fault: (message: string) => void): Secret | null {
    return this.take({ value, path: name, offset: -1, fault, isShared: false });
  }

  /** A password for another server, of any length; null after its faults. An empty one is a fault. */
  readPassword(node: ConfigNode): Secret | null {
    const value = this.resolved(node);
    if (value === '') node.fault('is empty; write the password or access token');
    return value === null || value === '' ? null : new Secret(value);
  }

  /** A key that signs requests of hooks. Several hooks can share one, but no token or webhook. Null after its faults. */
  readSigningKey(node: ConfigNode): Secret | null {
    return this.readUse(node, true);
  }

  /** A string that is secret only if part of it comes from a reference (`${…}`). Null after its faults. */
  readString(node: ConfigNode): string | Secret | null {
    const value = this.resolved(node);
    if (value === null) return null;
    return node.string()?.includes('${') === true ? new Secret(value) : value;
  }

  /** Reports every use of a secret after its first in the file. Call it once all secrets are read. */
  reportRepeated(): void {
    const first = new Map<string, SecretUse>();
    for (const use of this.#uses.toSorted((a, b) => a.offset - b.offset)) {
      const earlier = first.get(use.value);
      if (earlier === undefined) first.set(use.value, use);
      else if (!earlier.isShared || !use.isShared) {
        use.fault(
          `is the same as ${earlier.path}; use each secret and token only once: generate another`,
        );
      }
    }
  }

  private readUse(node: ConfigNode, isShared: boolean): Secret | null {
    const value = this.resolved(node);
    if (value === null) return null;
    const { path, offset } = node;
    const fault = (message: string): void => {
      node.fault(message);
    };
    return this.take({ value, path, offset, fault, isShared });
  }

  private take(use: SecretUse): Secret | null {
    const problem = problemOf(use.value);
    if (problem === null) this.#uses.push(use);
    else use.fault(problem);
    return problem === null ? new Secret(use.value) : null;
  }

  private resolved(node: ConfigNode): string | null {
    const text = node.string();
    if (text === null) return null;
    const resolution = resolveReferences(text, this.sources);
    if ('value' in resolution) return resolution.value;
    for (const problem of resolution.problems) node.fault(problem);
    return null;
  }
}

function problemOf(value: string): string | null {
  if ([...value].length < SHORTEST_SECRET) {
    return `is shorter than ${String(SHORTEST_SECRET)} characters; generate one with: openssl rand -hex 24`;
  }
  return /\p{Cc}/u.test(value)
    ? 'contains a line break or other control character; remove it'
    : null;
}
