import type { Secret } from '../secrets/secret.js';

export type Role = 'viewer' | 'operator' | 'admin';

/** An API token of the configuration. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly secret: Secret;
  /** Null: all environments. */
  readonly environments: readonly string[] | null;
}
