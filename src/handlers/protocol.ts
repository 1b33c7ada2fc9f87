/** The functions that a handler may export. */
export const HOOKS = ['onPush', 'decide', 'beforeRollout', 'afterRollout'] as const;
export type HandlerFunction = (typeof HOOKS)[number];

export type Level = 'info' | 'warn' | 'error';

/** What a function of a handler returned; null stands for nothing. `until` is RFC 3339, UTC. */
export type Choice =
  | { readonly kind: 'deploy' }
  | {
      readonly kind: 'wait';
      readonly for: string | null;
      readonly until: string;
      readonly reason: string;
    }
  | { readonly kind: 'skip'; readonly reason: string };

/** An error that the handler's code threw. `place` is `file:line:column`; null if unknown. */
export interface Thrown {
  readonly message: string;
  readonly place: string | null;
}

export interface AskedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface GivenAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the worker process needs to know about its handler. */
export interface WorkerSettings {
  /** `file:` URL of the module. */
  readonly module: string;
  readonly hooks: readonly HandlerFunction[];
  /** The process is killed if it uses more memory than this, in bytes. */
  readonly mostBytes: number;
  /** Further lines of one call are dropped. */
  readonly mostLines: number;
}

/** From the server to the handler's process. The first message is `load`. */
export type ToWorker =
  | { readonly kind: 'load'; readonly settings: WorkerSettings }
  | { readonly kind: 'call'; readonly hook: HandlerFunction; readonly subject: unknown }
  | { readonly kind: 'answer'; readonly request: number; readonly answer: GivenAnswer }
  | { readonly kind: 'no-answer'; readonly request: number; readonly message: string };

/** The result of a call, or of loading the module. */
export type Outcome =
  | {
      readonly kind: 'loaded';
      readonly hooks: readonly HandlerFunction[];
      readonly others: readonly string[];
    }
  | { readonly kind: 'returned'; readonly choice: Choice | null }
  /** It returned something invalid; `problem` says what, and what would be right. */
  | { readonly kind: 'misused'; readonly problem: string }
  | { readonly kind: 'threw'; readonly thrown: Thrown }
  /** An uncaught error, e.g. in a timer: the process ends. */
  | { readonly kind: 'crashed'; readonly thrown: Thrown };

/** From the handler's process to the server. */
export type FromWorker =
  | Outcome
  | { readonly kind: 'says'; readonly level: Level; readonly text: string }
  | { readonly kind: 'asks'; readonly request: number; readonly asked: AskedRequest };

/**
 * Parses a message of the worker; null for anything else: the handler's code shares its process and may have sent
 * something by accident.
 */
export function readMessage(value: unknown): FromWorker | null {
  if (!isRecord(value)) return null;
  const { kind, choice, thrown, problem, level, text, request, asked, hooks, others } = value;
  switch (kind) {
    case 'loaded':
      return isTexts(hooks) && isTexts(others)
        ? { kind, hooks: HOOKS.filter((hook) => hooks.includes(hook)), others }
        : null;
    case 'returned': {
      const read = readChoice(choice);
      return read === undefined ? null : { kind, choice: read };
    }
    case 'misused':
      return typeof problem === 'string' ? { kind, problem } : null;
    case 'threw':
    case 'crashed':
      return isThrown(thrown) ? { kind, thrown } : null;
    case 'says':
      return (level === 'info' || level === 'warn' || level === 'error') && typeof text === 'string'
        ? { kind, level, text }
        : null;
    case 'asks':
      return typeof request === 'number' && isAsked(asked) ? { kind, request, asked } : null;
    default:
      return null;
  }
}

/** Undefined if it is not a choice. */
function readChoice(value: unknown): Choice | null | undefined {
  if (value === null) return null;
  if (!isRecord(value)) return undefined;
  const { kind, reason, until, for: what } = value;
  if (kind === 'deploy') return { kind };
  if (typeof reason !== 'string') return undefined;
  if (kind === 'skip') return { kind, reason };
  if (kind !== 'wait' || typeof until !== 'string' || Number.isNaN(Date.parse(until))) {
    return undefined;
  }
  return { kind, reason, until, for: typeof what === 'string' ? what : null };
}

function isThrown(value: unknown): value is Thrown {
  return (
    isRecord(value) &&
    typeof value['message'] === 'string' &&
    (value['place'] === null || typeof value['place'] === 'string')
  );
}

function isAsked(value: unknown): value is AskedRequest {
  if (!isRecord(value)) return false;
  const { url, method, headers, body } = value;
  return (
    typeof url === 'string' &&
    typeof method === 'string' &&
    isRecord(headers) &&
    Object.values(headers).every((each) => typeof each === 'string') &&
    (body === null || typeof body === 'string')
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
