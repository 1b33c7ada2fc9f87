import { DAYS, type Day, type Window } from '../../domain/settings/policy-settings.js';
import { isTimeZone } from '../../domain/policy/windows.js';
import { IsTimeOfDay, IsTimeZone, minutesOf } from '../leaf-rules-time.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, Required } from '../section.js';
import { alternatives, shown } from '../shown.js';

/** One of `policy.window`: hours on certain days. If `from` is later than `to`, it closes on the next day. */
export class WindowSection {
  /** Days of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. Default: every day. */
  @Key('nested')
  days?: string[];

  /** When it opens, e.g. `"09:00"`; 00:00 to 23:59. Required. */
  @Key('string')
  @Required('write when it opens, e.g. from: "09:00"')
  @IsTimeOfDay('23:59')
  from!: string;

  /** When it closes; 00:00 to 24:00. Required. */
  @Key('string')
  @Required('write when it closes, e.g. to: "16:30"')
  @IsTimeOfDay('24:00')
  to!: string;

  /** IANA time zone, e.g. `Europe/Berlin`. Default `UTC`. */
  @Key('string')
  @IsTimeZone()
  timezone?: string;
}

const DEFAULT_TIMEZONE = 'UTC';

/** Reads `policy.window`: a list. */
export function readWindows(node: ConfigNode): Window[] {
  const windows = (node.items() ?? []).map(readWindow);
  return windows.filter((window) => window !== null);
}

function readWindow(node: ConfigNode): Window | null {
  const section = readSection(node, WindowSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const daysNode = nodes.get('days');
  const days = daysNode === undefined ? DAYS : readDays(daysNode);
  const { from, to, timezone = DEFAULT_TIMEZONE } = leaves;
  if (from === undefined || to === undefined || days.length === 0 || !isTimeZone(timezone)) {
    return null;
  }
  const window = { days, from: minutesOf(from), to: minutesOf(to), timezone };
  if (window.from === window.to) {
    node.fault(`opens and closes at ${from}; for a whole day, write from: "00:00", to: "24:00"`);
  }
  return window;
}

function readDays(node: ConfigNode): Day[] {
  const items = node.items();
  if (items?.length === 0) node.fault('names no day; leave the key out for every day');
  const days = new Set<Day>();
  for (const item of items ?? []) {
    const text = item.string();
    if (text === null) continue;
    const day = DAYS.find((each) => each === text);
    if (day === undefined) item.fault(`${shown(text)} is not a day; write ${alternatives(DAYS)}`);
    else if (days.has(day)) item.fault(`${day} is listed twice; list it once`);
    else days.add(day);
  }
  return DAYS.filter((day) => days.has(day));
}
