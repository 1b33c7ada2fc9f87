import type { HookAction } from '../../../../domain/settings/hook-settings.js';
import { Secret } from '../../../../domain/secrets/secret.js';

const MASK = String(new Secret(''));

/**
 * The action with its secrets, which storage does not keep: as it is, where they are in memory, else the equal one of
 * those that are configured now.
 * @returns null where they are lost: nothing is configured any more that is equal but for its secrets.
 */
export function withSecrets(
  action: HookAction,
  configured: readonly HookAction[],
): HookAction | null {
  if (!hasLost(action)) return action;
  const wanted = JSON.stringify(action);
  return configured.find((each) => JSON.stringify(each) === wanted) ?? null;
}

/** Whether a secret was read back from storage as the mask that it prints as. */
function hasLost(value: unknown): boolean {
  if (value === MASK) return true;
  if (typeof value !== 'object' || value === null || value instanceof Secret) return false;
  return Object.values(value).some(hasLost);
}
