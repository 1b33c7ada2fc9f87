/*
 * What the author of a handler writes against, exported as the types of the package:
 * `import type { Handler } from 'deploy'`. It stands alone: nothing of the server's own types shows here.
 */

/** A push, as a webhook told of it, and one service that follows it. Times are RFC 3339, UTC. */
export interface Push {
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly image: string;
  readonly tag: string;
  /** What the sender said; null where it said nothing. What is deployed comes from the registry. */
  readonly digest: string | null;
  /** Name of the webhook. */
  readonly webhook: string;
  /** Id of the delivery, as `GET /api/v1/deliveries/:id` knows it. */
  readonly delivery: string;
  readonly receivedAt: string;
  readonly environment: string;
  readonly service: string;
}

/** One attempt to bring one service to one version. Times are RFC 3339, UTC. */
export interface Deployment {
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly image: string;
  readonly tag: string;
  /** What is to run. */
  readonly digest: string;
  readonly trigger: {
    readonly kind: 'webhook' | 'api' | 'poll' | 'rollback' | 'promotion';
    /** Name of the webhook, token or environment that caused it. */
    readonly by: string;
  };
  /** Ordered by hand, over the head of policy and handler. */
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
  /** The digest that runs; null where that cannot be known. */
  readonly from: string | null;
  readonly to: string;
  /** In the order in which they are done when all goes well. */
  readonly steps: readonly { readonly name: string; readonly description: string }[];
}

/** How a rollout ended. */
export interface Result {
  readonly deployment: Deployment;
  readonly phase: 'succeeded' | 'rolled-back' | 'failed' | 'skipped';
  /** Why, where it did not succeed. */
  readonly reason: string | null;
  /** Null where it succeeded; `serving` is the version that serves now. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly serving: 'old' | 'none' | 'new';
  } | null;
  /** How long nobody served, in milliseconds; null where nothing ran before. */
  readonly downtimeMs: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string;
}

declare const kind: unique symbol;

/** Let it go. Made by `api.deploy()`. */
export interface Go {
  readonly [kind]: 'deploy';
}

/** Ask again later. Made by `api.wait(…)`. */
export interface Wait {
  readonly [kind]: 'wait';
}

/** Do not do it, for good. Made by `api.skip(reason)`. */
export interface Skip {
  readonly [kind]: 'skip';
}

/** Until when to wait, for what and why: one of `seconds` and `until`. */
export type WaitOptions = {
  /** Why, for people: `12 jobs are left`. Shown in the deployment, with when it is asked again. */
  readonly reason: string;
  /** For what, in a word or two: `the queue`. */
  readonly for?: string;
} & (
  | {
      /** More than 0, at most 30 days. */
      readonly seconds: number;
      readonly until?: never;
    }
  | {
      /** A date or an RFC 3339 time, at most 30 days ahead; one that is past means at once. */
      readonly until: Date | string;
      readonly seconds?: never;
    }
);

/** Lines for the deployment's log. Values are printed as `console.log` prints them; at most 100 lines a call. */
export interface Log {
  info(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
}

export interface RequestOptions {
  /** Default `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** At most 1 MiB as UTF-8. */
  readonly body?: string;
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  /** The status is 200 to 299. */
  readonly ok: boolean;
  readonly headers: {
    /** By any case of letters; null where it is not there. */
    get(name: string): string | null;
  };
  /** The body, read as UTF-8. */
  text(): Promise<string>;
  /** @throws SyntaxError where the body is no JSON. */
  json(): Promise<unknown>;
}

/** What every function of a handler gets. */
export interface Api {
  readonly log: Log;
  /**
   * One request by the server (`url`: a text, or a `URL`), which follows no redirects, reads at most 1 MiB, waits at most 15 s, and
   * asks private addresses only where `handlers.hosts` of the configuration names them.
   * @throws Error where there is no answer.
   */
  fetch(url: string | { readonly href: string }, options?: RequestOptions): Promise<Answer>;
}

/** What functions get that may let something go or end it. */
export interface ChoiceApi extends Api {
  /** To be returned: let it go. */
  deploy(): Go;
  /** To be returned: do not do it, for good. `reason` is shown to people. */
  skip(reason: string): Skip;
}

/** What `decide` gets. */
export interface DecideApi extends ChoiceApi {
  /** To be returned: ask again later. */
  wait(options: WaitOptions): Wait;
}

/** A function that answers at once or later. Two types, because checked JavaScript knows no other way to say so. */
type Asked<Subject, Tools, Choice> =
  ((subject: Subject, api: Tools) => Choice) | ((subject: Subject, api: Tools) => Promise<Choice>);

/** Returning nothing lets it go. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- void is the type of a function that ends without a word
type Objection = Go | Skip | undefined | void;

/** Asked of a push, before the registry is. Returning nothing lets it go. */
export type OnPush = Asked<Push, ChoiceApi, Objection>;

/** Asked whenever the built-in policy says that a deployment may go. */
export type Decide = Asked<Deployment, DecideApi, Go | Wait | Skip>;

/** Asked when all is prepared and nothing touched. Throwing ends the deployment. Returning nothing lets it go. */
export type BeforeRollout = Asked<Plan, ChoiceApi, Objection>;

/** Told of the end of a rollout. What it returns counts for nothing, and if it fails that is only logged. */
export type AfterRollout = Asked<Result, Api, void>;

/** What a handler's module may export. Each is optional, but one of them must be there. */
export interface Handler {
  readonly onPush?: OnPush;
  readonly decide?: Decide;
  readonly beforeRollout?: BeforeRollout;
  readonly afterRollout?: AfterRollout;
}
