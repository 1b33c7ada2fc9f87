/** The temporary names beside a service's container name (CONTRACT section 5). */
export interface RolloutNames {
  readonly final: string;
  readonly candidate: string;
  readonly old: string;
  readonly failed: string;
  readonly twin: string;
  readonly hook: string;
}

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
