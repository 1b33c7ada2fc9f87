import type { Secret } from '../secrets/secret.js';

/**
 * When an action is run: `before` the old container is touched; `after` the new one proved healthy, while the way
 * back is still there; `onFailure`, when a rollout that failed has ended.
 */
export type HookList = 'before' | 'after' | 'onFailure';

interface HookCommon {
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** `abort`: its failure is the rollout's, or ends the list in `onFailure`; `continue`: it is only told. */
  readonly onError: 'abort' | 'continue';
}

/** A command in a container of the service that runs. */
export interface ExecHook extends HookCommon {
  readonly kind: 'exec';
  /** The old one `before`, the new one `after`; `onFailure` the old one or whichever serves then. */
  readonly in: 'old' | 'new' | 'serving';
  readonly command: readonly string[];
}

/** A one-off container of the new image with the service's settings. */
export interface RunHook extends HookCommon {
  readonly kind: 'run';
  /** Null: the service's own, or else the image's. */
  readonly command: readonly string[] | null;
  /** Laid over the service's. Values that the configuration takes from elsewhere are secrets. */
  readonly env: Readonly<Record<string, string | Secret>>;
}

/** A request that tells another program of the deployment. */
export interface HttpHook extends HookCommon {
  readonly kind: 'http';
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'GET';
  /** Paths of such addresses are often secrets. */
  readonly url: Secret;
  /** Scheme, host and port of the address, for people. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, Secret>>;
  /** What the request is signed with; null: it is not. */
  readonly secret: Secret | null;
}

export type HookAction = ExecHook | RunHook | HttpHook;

/** The actions of a service, each list in its order. */
export type Hooks = Readonly<Record<HookList, readonly HookAction[]>>;
