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
  @Key('text')
  @IsOptional()
  @IsDuration(1_000, DAY_MS, 'from 1s to 24h')
  timeout?: string;

  /** `abort`: its failure ends the rollout; `continue`: it is only told in the log. Default `abort`. */
  @Key('text')
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
export function readHooks(place: ConfigNode | undefined, reading: ReadContext): HookOverrides {
  const places = place === undefined ? undefined : readSection(place, HooksSection)?.places;
  const read = (list: HookList): readonly HookAction[] | null => {
    const found = places?.get(list);
    return found === undefined ? null : readList(found, list, reading);
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

function readList(place: ConfigNode, list: HookList, reading: ReadContext): HookAction[] {
  const items = place.items() ?? [];
  if (items.length > MOST_ACTIONS) {
    place.fault(`has ${String(items.length)} actions; at most ${String(MOST_ACTIONS)} are run`);
  }
  return items.map((item) => readAction(item, list, reading)).filter((each) => each !== null);
}

function readAction(place: ConfigNode, list: HookList, reading: ReadContext): HookAction | null {
  const section = readSection(place, HookActionSection);
  if (section === null) return null;
  const { leaves, places } = section;
  const [first, ...more] = [...places].filter(([name]) => name in READERS);
  for (const [name, other] of more) {
    other.faultAtKey(
      `only one of exec, run and http can be done; make ${name} an action of its own`,
    );
  }
  if (first === undefined) {
    // One slip is one fault: a misspelt key is told already.
    const isMisspelt = [...place.keyNames()].some((name) => !places.has(name));
    if (!isMisspelt) place.fault('says not what to do; write exec, run or http');
    return null;
  }
  const kind = READERS[first[0] as keyof typeof READERS](first[1], list, reading);
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
  (place: ConfigNode, list: HookList, reading: ReadContext) => HookKind | null
>;
