import type { Deployment } from '../../domain/deployment/deployment.js';

export interface RollbackTarget {
  readonly digest: string;
  readonly tag: string;
}

/**
 * The last good version before the one that runs: of the deployments that succeeded, the newest first,
 * each with what ran before it, the first digest that neither runs nor is quarantined.
 */
export function lastGood(
  succeeded: readonly Pick<Deployment, 'digest' | 'previousDigest' | 'tag'>[],
  running: readonly string[],
  quarantined: readonly string[],
): RollbackTarget | null {
  const candidates = succeeded.flatMap(({ digest, previousDigest, tag }) => [
    { digest, tag },
    { digest: previousDigest, tag },
  ]);
  for (const { digest, tag } of candidates) {
    if (digest === null || running.includes(digest) || quarantined.includes(digest)) continue;
    return { digest, tag };
  }
  return null;
}
