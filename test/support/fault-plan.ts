import type { AskedEvent, FaultKind, Lasting, PlannedFault } from './fault-proxy.js';

/** How long a fault goes on that lasts, in milliseconds. */
const LASTS_MS = 8_000;

interface FaultName {
  readonly kind: FaultKind;
  readonly lasting?: Lasting;
  /** As a row of the table. */
  readonly title: string;
}

/** What is tried at every call that changes something: of those that are alike for Deploy one, by turns. */
const AT_CALLS: readonly (readonly FaultName[])[] = [
  [
    { kind: '500', title: 'answers 500, does nothing' },
    { kind: '503', title: 'answers 503, does nothing' },
  ],
  [{ kind: '409', title: 'answers 409, does nothing' }],
  [{ kind: 'cut before', title: 'the connection is cut before it acts' }],
  [
    { kind: 'cut after', title: 'the connection is cut after it acted' },
    { kind: '502 after', title: 'acts, and 502 is answered' },
  ],
  [{ kind: 'hang', title: 'never answers, does nothing' }],
  [{ kind: 'slow', title: 'answers after 3 s' }],
];
/** At each of them besides, by turns. */
const LASTING: readonly FaultName[] = [
  {
    kind: '500',
    lasting: { of: 'the same call', times: 3 },
    title: 'answers 500 three times to the same call',
  },
  {
    kind: '503',
    lasting: { of: 'every call', forMs: LASTS_MS },
    title: 'answers 503 to everything for 8 s',
  },
  {
    kind: 'cut before',
    lasting: { of: 'the same call', forMs: LASTS_MS },
    title: 'cuts the same call for 8 s',
  },
];
/**
 * What is tried at looks, by turns: that an answer is lost before or after makes no difference for them, nor does it
 * which of the questions of one look has no answer, so that every second one is enough.
 */
const AT_READS: readonly FaultName[] = [
  { kind: '500', title: 'answers 500, does nothing' },
  { kind: 'cut inside', title: 'the connection is cut in the middle of the answer' },
  { kind: 'hang', title: 'never answers, does nothing' },
  { kind: 'cut before', title: 'the connection is cut before it acts' },
  { kind: 'slow', title: 'answers after 3 s' },
];
const CUT_INSIDE = AT_READS.filter(({ kind }) => kind === 'cut inside');

/** What the faults are called in the table, each once. */
export const FAULT_TITLES: readonly string[] = [
  ...new Set([...AT_CALLS.flat(), ...CUT_INSIDE, ...LASTING].map(({ title }) => title)),
];

export function titleOf(fault: PlannedFault): string {
  const isMeant = ({ kind, lasting }: FaultName): boolean =>
    kind === fault.kind && lasting === fault.lasting;
  return [...AT_CALLS.flat(), ...AT_READS, ...LASTING].find(isMeant)?.title ?? '';
}

/** One run for each fault at each place of a recorded deployment. */
export function plannedFaults(events: readonly AskedEvent[]): PlannedFault[] {
  const calls = events.filter(({ kind }) => kind === 'call');
  const reads = events
    .filter(({ kind, event }) => kind === 'read' && event.endsWith(' #1'))
    .filter((_, index) => index % 2 === 0);
  return [
    ...calls.flatMap(({ event: at }, index) => [
      ...AT_CALLS.flatMap((alike) => turn(alike, index)).map((name) => fault(at, name)),
      ...(at.startsWith('POST /images/create') ? CUT_INSIDE : []).map((name) => fault(at, name)),
      ...turn(LASTING, index).map((name) => fault(at, name)),
    ]),
    ...reads.flatMap(({ event: at }, index) =>
      turn(AT_READS, index).map((name) => fault(at, name)),
    ),
  ];
}

/**
 * A few of them, always the same: of the faults in the table's order every second one, each at another place.
 * @param offset 0 or 1: with which it begins.
 */
export function aFewFaults(faults: readonly PlannedFault[], offset: number): PlannedFault[] {
  const titles = FAULT_TITLES.filter((_, index) => index % 2 === offset);
  return titles.flatMap((title, index) => {
    const alike = faults.filter((each) => titleOf(each) === title);
    const place = Math.floor(((index + 0.5) * alike.length) / titles.length);
    return alike.slice(place, place + 1);
  });
}

function turn<T>(all: readonly T[], index: number): T[] {
  return all.filter((_, place) => place === index % all.length);
}

function fault(at: string, { kind, lasting }: FaultName): PlannedFault {
  return lasting === undefined ? { at, kind } : { at, kind, lasting };
}
