import { IsOptional } from 'class-validator';
import type { HookAction, HookList, Hooks } from '../../domain/settings/hook-settings.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration, IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection } from '../section.js';
import {
  HttpHookSection,
  ExecHookSection,
  RunHookSection,
  readExecHook,
  readHttpHook,
  readRunHook,
  type HookKind,
} from './hook-kinds.section.js';

const DEFAULT_TIMEOUT_MS = 60_000;
const MOST_ACTIONS = 20;

/** One action of a list of `hooks`: exactly one of `exec`, `run`, `http`. */
export class HookActionSection {
  /** Runs a command in a container of the service. */
  @Key('nested')
  exec?: ExecHookSection;

  /** Runs a one-off container of the new image. */
  @Key('nested')
  run?: RunHookSection;

  /** Notifies another application. */
  @Key('nested')
  http?: HttpHookSection;

  /** Time limit, 1s to 24h. Default `60s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(1_000, DAY_MS, 'from 1s to 24h')
  timeout?: string;

  /** `abort`: its failure ends the rollout; `continue`: its failure is only logged. Default `abort`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['abort', 'continue'])
  onError?: 'abort' | 'continue';
}

/** `hooks` of an environment or service: actions around a rollout, at most 20 per list. */
export class HooksSection {
  /** Actions before the old container is touched. Default: none. */
  @Key('nested')
  before?: HookActionSection[];

  /** Actions once the new version is healthy, while a rollback is still possible. Default: none. */
  @Key('nested')
  after?: HookActionSection[];

  /** Actions after a failed rollout has ended. Default: none. */
  @Key('nested')
  onFailure?: HookActionSection[];
}

/** What one `hooks` map sets; null: not set. */
export type HookOverrides = Readonly<Record<HookList, readonly HookAction[] | null>>;

/** Reads `hooks`. */
export function readHooks(node: ConfigNode | undefined, context: ReadContext): HookOverrides {
  const nodes = node === undefined ? undefined : readSection(node, HooksSection)?.nodes;
  const read = (list: HookList): readonly HookAction[] | null => {
    const found = nodes?.get(list);
    return found === undefined ? null : readList(found, list, context);
  };
  return { before: read('before'), after: read('after'), onFailure: read('onFailure') };
}

/** Each list of the service replaces the environment's; an empty list disables it. */
export function mergeHooks(environment: HookOverrides, service: HookOverrides): Hooks {
  return {
    before: service.before ?? environment.before ?? [],
    after: service.after ?? environment.after ?? [],
    onFailure: service.onFailure ?? environment.onFailure ?? [],
  };
}

function readList(node: ConfigNode, list: HookList, context: ReadContext): HookAction[] {
  const items = node.items() ?? [];
  if (items.length > MOST_ACTIONS) {
    node.fault(`has ${String(items.length)} actions; at most ${String(MOST_ACTIONS)} are allowed`);
  }
  return items.map((item) => readAction(item, list, context)).filter((each) => each !== null);
}

function readAction(node: ConfigNode, list: HookList, context: ReadContext): HookAction | null {
  const section = readSection(node, HookActionSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const [first, ...more] = [...nodes].filter(([name]) => name in READERS);
  for (const [name, other] of more) {
    other.faultAtKey(`only one of exec, run and http is allowed; make ${name} a separate action`);
  }
  if (first === undefined) {
    // One mistake is one fault: a misspelt key has been reported already.
    const isMisspelt = [...node.keyNames()].some((name) => !nodes.has(name));
    if (!isMisspelt) node.fault('does not say what to do; write exec, run or http');
    return null;
  }
  const kind = READERS[first[0] as keyof typeof READERS](first[1], list, context);
  if (kind === null) return null;
  const timeoutMs = parseDuration(leaves.timeout ?? '') ?? DEFAULT_TIMEOUT_MS;
  return { ...kind, timeoutMs, onError: leaves.onError ?? 'abort' };
}

const READERS = {
  exec: readExecHook,
  run: readRunHook,
  http: readHttpHook,
} as const satisfies Record<
  string,
  (node: ConfigNode, list: HookList, context: ReadContext) => HookKind | null
>;
