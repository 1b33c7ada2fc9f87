export interface HttpProbe {
  readonly kind: 'http';
  readonly port: number;
  readonly path: string;
  readonly status: number;
  readonly intervalMs: number;
}

export interface TcpProbe {
  readonly kind: 'tcp';
  readonly port: number;
  readonly intervalMs: number;
}

export interface ExecProbe {
  readonly kind: 'exec';
  readonly command: readonly string[];
  readonly intervalMs: number;
}

/** A check of our own, on top of the container's HEALTHCHECK. */
export type Probe = HttpProbe | TcpProbe | ExecProbe;

export interface HealthSettings {
  /** Null: 60 s, or the container's own budget where that is longer. */
  readonly timeoutMs: number | null;
  /** Null: 5 s where there is no check, 0 s where there is one. */
  readonly stableForMs: number | null;
  readonly probe: Probe | null;
}

/** How a new container takes the place of the old one. */
export type Strategy = 'recreate' | 'start-first' | 'handover';

/** How the old container is told to finish its work before it is stopped or loses its networks. */
export interface DrainSettings {
  /** Name of a signal; null: none is sent. */
  readonly signal: string | null;
  /** A GET of the container; null: none is sent. */
  readonly http: { readonly port: number; readonly path: string } | null;
  /** How long it is given after that, in milliseconds. */
  readonly waitMs: number;
}

export interface RolloutSettings {
  /** `auto`: the one with the least downtime that is safe by rule. */
  readonly strategy: Strategy | 'auto';
  /** Recreate where the strategy cannot work, instead of a failure. */
  readonly fallback: boolean;
  /** How long the old version is kept at hand after the switch; null: 30 s in a handover, else 0. */
  readonly watchMs: number | null;
  readonly drain: DrainSettings | null;
  /** When the new container gets its network aliases in `start-first`. */
  readonly aliases: 'when-healthy' | 'at-start';
  /** Whether two versions may run at once although volumes are writable. */
  readonly overlap: 'forbidden' | 'allowed';
  readonly health: HealthSettings;
  readonly onFailure: 'rollback' | 'leave';
  /** How many replaced versions keep their images on the engine, beside the one that runs. */
  readonly keepImages: number;
}
