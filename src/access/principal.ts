import type { Role } from '../domain/settings/access.js';
import { DeployError } from '../domain/errors.js';

/** Who is calling: what a token that was recognised may do. */
export interface Principal {
  /** Name of the token; kept as `by` wherever the caller changes something. */
  readonly name: string;
  readonly role: Role;
  /** Environments that the caller may see and change; null: all. */
  readonly environments: readonly string[] | null;
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether `role` includes what `needed` may do: an admin is an operator, an operator a viewer. */
export function includesRole(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

export function maySee(principal: Principal, environment: string): boolean {
  return principal.environments === null || principal.environments.includes(environment);
}

/** @throws DeployError `forbidden` where the caller's token is limited to other environments. */
export function assertEnvironment(principal: Principal, environment: string): void {
  if (!maySee(principal, environment)) {
    throw new DeployError('forbidden', 'this token is limited to other environments');
  }
}
