import type { Role } from '../domain/settings/access.js';
import { DeployError } from '../domain/errors.js';

/** The caller: what the holder of a recognised token may do. */
export interface Principal {
  /** Name of the token; recorded as `by` of whatever the caller changes. */
  readonly name: string;
  readonly role: Role;
  /** Environments that the caller may see and change; null: all. */
  readonly environments: readonly string[] | null;
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether `role` may do whatever `needed` may: an admin is also an operator, an operator also a viewer. */
export function includesRole(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

export function maySee(principal: Principal, environment: string): boolean {
  return principal.environments === null || principal.environments.includes(environment);
}

/** @throws DeployError `forbidden` if the caller's token is restricted to other environments. */
export function assertEnvironment(principal: Principal, environment: string): void {
  if (!maySee(principal, environment)) throw otherEnvironments();
}

export function otherEnvironments(): DeployError {
  return new DeployError('forbidden', 'this token is restricted to other environments');
}
