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
  /** Execute a command in a container of the service. */
  @Key('nested')
  exec?: ExecHookSection;

  /** Run a one-off container of the new image. */
  @Key('nested')
  run?: RunHookSection;

  /** Tell another program. */
  @Key('nested')
  http?: HttpHookSection;

  /** How long it may take; a duration of 1s to 24h. Default `60s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(1_000, DAY_MS, 'from 1s to 24h')
  timeout?: string;

  /** `abort`: its failure ends the rollout; `continue`: it is only told in the log. Default `abort`. */
  @Key('string')
  @IsOptional()
  @IsOneOf(['abort', 'continue'])
  onError?: 'abort' | 'continue';
}

/** `hooks` of an environment or service: what is done around a rollout. Lists of at most 20 actions. */
export class HooksSection {
  /** Before the old container is touched. Default: nothing. */
  @Key('nested')
  before?: HookActionSection[];

  /** Once the new version has proved healthy, while the old one can still be brought back. Default: nothing. */
  @Key('nested')
  after?: HookActionSection[];

  /** When a rollout that failed has ended. Default: nothing. */
  @Key('nested')
  onFailure?: HookActionSection[];
}

/** What one `hooks` map says; null: it says nothing of this list. */
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

/** The service's list in the place of the environment's, list by list; an empty one switches that one's off. */
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
    node.fault(`has ${String(items.length)} actions; at most ${String(MOST_ACTIONS)} are run`);
  }
  return items.map((item) => readAction(item, list, context)).filter((each) => each !== null);
}

function readAction(node: ConfigNode, list: HookList, context: ReadContext): HookAction | null {
  const section = readSection(node, HookActionSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const [first, ...more] = [...nodes].filter(([name]) => name in READERS);
  for (const [name, other] of more) {
    other.faultAtKey(
      `only one of exec, run and http can be done; make ${name} an action of its own`,
    );
  }
  if (first === undefined) {
    // One slip is one fault: a misspelt key is told already.
    const isMisspelt = [...node.keyNames()].some((name) => !nodes.has(name));
    if (!isMisspelt) node.fault('says not what to do; write exec, run or http');
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
