import type { Secret } from '../secrets/secret.js';

/**
 * When an action is run: `before` the old container is touched; `after` the new one became healthy, while a rollback
 * is still possible; `onFailure`, after a failed rollout has ended.
 */
export type HookList = 'before' | 'after' | 'onFailure';

interface HookCommon {
  /** How long the action may take, in milliseconds. */
  readonly timeoutMs: number;
  /** `abort`: a failure fails the rollout, or ends the list in `onFailure`; `continue`: it is only reported. */
  readonly onError: 'abort' | 'continue';
}

/** A command in a running container of the service. */
export interface ExecHook extends HookCommon {
  readonly kind: 'exec';
  /** `before`: the old container; `after`: the new one; `onFailure`: the old one or the serving one. */
  readonly in: 'old' | 'new' | 'serving';
  readonly command: readonly string[];
}

/** A one-off container of the new image with the service's settings. */
export interface RunHook extends HookCommon {
  readonly kind: 'run';
  /** Null: the command of the service, or else of the image. */
  readonly command: readonly string[] | null;
  /** Added to the service's environment. Values that the configuration takes from elsewhere are secrets. */
  readonly env: Readonly<Record<string, string | Secret>>;
}

/** A request that notifies another program of the deployment. */
export interface HttpHook extends HookCommon {
  readonly kind: 'http';
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'GET';
  /** A secret because such URLs often contain one. */
  readonly url: Secret;
  /** Scheme, host and port of the URL, for messages. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Key of the request's signature; null: unsigned. */
  readonly secret: Secret | null;
}

export type HookAction = ExecHook | RunHook | HttpHook;

/** The actions of a service, in order of execution. */
export type Hooks = Readonly<Record<HookList, readonly HookAction[]>>;
