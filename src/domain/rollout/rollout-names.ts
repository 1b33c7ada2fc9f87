/** The service's container name and the temporary names that are derived from it. */
export interface RolloutNames {
  readonly final: string;
  readonly candidate: string;
  readonly old: string;
  readonly failed: string;
  readonly twin: string;
  readonly hook: string;
}

/** The names of a rollout of the container `container`. */
export function rolloutNames(container: string): RolloutNames {
  return {
    final: container,
    candidate: `${container}.deploy-new`,
    old: `${container}.deploy-old`,
    failed: `${container}.deploy-failed`,
    twin: `${container}.deploy-twin`,
    hook: `${container}.deploy-hook`,
  };
}
