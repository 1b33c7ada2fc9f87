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

/** A check by Deploy, in addition to the container's HEALTHCHECK. */
export type Probe = HttpProbe | TcpProbe | ExecProbe;

export interface HealthSettings {
  /** Null: 60 s, or the time that the container's own HEALTHCHECK needs if that is longer. */
  readonly timeoutMs: number | null;
  /** Null: 5 s without a check, 0 s with one. */
  readonly stableForMs: number | null;
  readonly probe: Probe | null;
}

/** How a new container replaces the old one. */
export type Strategy = 'recreate' | 'start-first' | 'handover';

/** How the old container is drained before it is stopped or disconnected. */
export interface DrainSettings {
  /** Name of a signal; null: none is sent. */
  readonly signal: string | null;
  /** A GET of the container; null: none is sent. */
  readonly http: { readonly port: number; readonly path: string } | null;
  /** How long to wait after that, in milliseconds. */
  readonly waitMs: number;
}

export interface RolloutSettings {
  /** `auto`: the safe strategy with the least downtime. */
  readonly strategy: Strategy | 'auto';
  /** Recreate if the strategy cannot be used, instead of failing. */
  readonly fallback: boolean;
  /** How long the old version is kept available after the switch, in milliseconds; null: 30 s in a handover, else 0. */
  readonly watchMs: number | null;
  readonly drain: DrainSettings | null;
  /** When the new container gets its network aliases in `start-first`. */
  readonly aliases: 'when-healthy' | 'at-start';
  /** Whether two versions may run at once even if volumes are writable. */
  readonly overlap: 'forbidden' | 'allowed';
  readonly health: HealthSettings;
  readonly onFailure: 'rollback' | 'leave';
  /** How many replaced versions keep their images on the engine, besides the running one. */
  readonly keepImages: number;
}
