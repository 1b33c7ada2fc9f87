/*
 * The types for authors of handlers, exported by the package: `import type { Handler } from 'deploy'`. This
 * file stands alone: it exposes none of the server's own types.
 */

/** A push, as reported by a webhook, and one service that follows it. Times are RFC 3339, UTC. */
export interface Push {
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly image: string;
  readonly tag: string;
  /** As reported by the sender; null if it reported none. The deployed digest comes from the registry. */
  readonly digest: string | null;
  /** Name of the webhook. */
  readonly webhook: string;
  /** Id of the delivery, see `GET /api/v1/deliveries/:id`. */
  readonly delivery: string;
  readonly receivedAt: string;
  readonly environment: string;
  readonly service: string;
}

/** One attempt to bring a service to a version. Times are RFC 3339, UTC. */
export interface Deployment {
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly image: string;
  readonly tag: string;
  /** The version to run. */
  readonly digest: string;
  readonly trigger: {
    readonly kind: 'webhook' | 'api' | 'poll' | 'rollback' | 'promotion';
    /** Name of the webhook, token or environment that triggered it. */
    readonly by: string;
  };
  /** Started manually with `force`, which overrides policy and handler. */
  readonly force: boolean;
  readonly createdAt: string;
}

/** What a rollout is about to do. */
export interface Plan {
  readonly deployment: Deployment;
  /** Name of the container. */
  readonly container: string;
  /** Name of the engine. */
  readonly engine: string;
  readonly strategy: 'recreate' | 'start-first' | 'handover';
  /** The digest that runs now; null if it is not known. */
  readonly from: string | null;
  readonly to: string;
  /** In order, if everything goes well. */
  readonly steps: readonly { readonly name: string; readonly description: string }[];
}

/** How a rollout ended. */
export interface Result {
  readonly deployment: Deployment;
  readonly phase: 'succeeded' | 'rolled-back' | 'failed' | 'skipped';
  /** Why it did not succeed; null if it did. */
  readonly reason: string | null;
  /** Null if it succeeded; `serving` is the version that serves now. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly serving: 'old' | 'none' | 'new';
  } | null;
  /** How long no version served, in milliseconds; null if none ran before. */
  readonly downtimeMs: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string;
}

declare const kind: unique symbol;

/** Proceed. Made by `api.deploy()`. */
export interface Go {
  readonly [kind]: 'deploy';
}

/** Ask again later. Made by `api.wait(…)`. */
export interface Wait {
  readonly [kind]: 'wait';
}

/** Skip it for good. Made by `api.skip(reason)`. */
export interface Skip {
  readonly [kind]: 'skip';
}

/** How long to wait, for what and why; takes either `seconds` or `until`. */
export type WaitOptions = {
  /** Human-readable reason: `12 jobs are left`. Shown in the deployment with the time of the next call. */
  readonly reason: string;
  /** What it waits for, in a word or two: `the queue`. */
  readonly for?: string;
} & (
  | {
      /** More than 0, at most 30 days. */
      readonly seconds: number;
      readonly until?: never;
    }
  | {
      /** A date or an RFC 3339 time, at most 30 days ahead; a past one means at once. */
      readonly until: Date | string;
      readonly seconds?: never;
    }
);

/** Appends lines to the deployment's log, formatted as by `console.log`; at most 100 lines per call. */
export interface Log {
  info(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
}

export interface RequestOptions {
  /** Default `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** At most 1 MiB in UTF-8. */
  readonly body?: string;
}

/** The response, whatever its status. */
export interface Answer {
  readonly status: number;
  /** The status is 200 to 299. */
  readonly ok: boolean;
  readonly headers: {
    /** The name in any case; null if there is no such header. */
    get(name: string): string | null;
  };
  /** The body, read as UTF-8. */
  text(): Promise<string>;
  /** @throws SyntaxError if the body is not JSON. */
  json(): Promise<unknown>;
}

/** Passed to every function of a handler. */
export interface Api {
  readonly log: Log;
  /**
   * Lets the server send a request; `url` is a string or a `URL`. It follows no redirects, reads at most 1 MiB, waits
   * at most 15 s, and reaches private addresses only if `handlers.hosts` of the configuration lists them.
   * @throws Error if there is no answer.
   */
  fetch(url: string | { readonly href: string }, options?: RequestOptions): Promise<Answer>;
}

/** Passed to functions that may let something proceed or skip it. */
export interface ChoiceApi extends Api {
  /** Return this to proceed. */
  deploy(): Go;
  /** Return this to skip it for good. `reason` should be human-readable. */
  skip(reason: string): Skip;
}

/** Passed to `decide`. */
export interface DecideApi extends ChoiceApi {
  /** Return this to be asked again later. */
  wait(options: WaitOptions): Wait;
}

/** A synchronous or asynchronous function, as a union: checked JavaScript has no other way to express that. */
type Asked<Subject, Tools, Choice> =
  ((subject: Subject, api: Tools) => Choice) | ((subject: Subject, api: Tools) => Promise<Choice>);

/** Returning nothing means to proceed. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- the type of functions without a return
type Objection = Go | Skip | undefined | void;

/** Asked about a push, before the registry is. Returning nothing means to proceed. */
export type OnPush = Asked<Push, ChoiceApi, Objection>;

/** Asked each time the built-in policy allows a deployment to start. */
export type Decide = Asked<Deployment, DecideApi, Go | Wait | Skip>;

/**
 * Asked when the rollout is prepared and nothing has been touched. Returning nothing means to proceed; throwing
 * fails the deployment.
 */
export type BeforeRollout = Asked<Plan, ChoiceApi, Objection>;

/** Called after a rollout. Its return value is ignored, and a failure is only logged. */
export type AfterRollout = Asked<Result, Api, void>;

/** The exports of a handler's module: at least one of these. */
export interface Handler {
  readonly onPush?: OnPush;
  readonly decide?: Decide;
  readonly beforeRollout?: BeforeRollout;
  readonly afterRollout?: AfterRollout;
}
