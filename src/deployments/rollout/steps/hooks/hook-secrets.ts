import type { HookAction } from '../../../../domain/settings/hook-settings.js';
import { Secret } from '../../../../domain/secrets/secret.js';

const MASK = String(new Secret(''));

/**
 * The action with its secrets, which storage does not keep: the action itself if they are in memory, else the configured
 * action that equals it.
 * @returns null if they are lost: no configured action equals it apart from its secrets.
 */
export function withSecrets(
  action: HookAction,
  configured: readonly HookAction[],
): HookAction | null {
  if (!hasLost(action)) return action;
  const wanted = JSON.stringify(action);
  return configured.find((each) => JSON.stringify(each) === wanted) ?? null;
}

/** Whether the value came back from storage with a mask in place of a secret. */
function hasLost(value: unknown): boolean {
  if (value === MASK) return true;
  if (typeof value !== 'object' || value === null || value instanceof Secret) return false;
  return Object.values(value).some(hasLost);
}
