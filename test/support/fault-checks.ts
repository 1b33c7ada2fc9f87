import { ERROR_CODES, isVersionAtFault } from '../../src/domain/errors.js';
import { SLOW_MS, type PlannedFault } from './fault-proxy.js';
import type { FaultLane, Trial } from './fault-lane.js';

/** What a swap needs on a busy machine, and how far two clocks and looks may be apart; in milliseconds. */
const SWAP_MS = 20_000;
const APART_MS = 2_500;

/**
 * What is wrong after a deployment with a fault in it: with what it tells, with what serves and with what it left.
 * @param longestFaultMs How long the fault may have kept a call from its answer, until the deadline came.
 */
export async function troublesOf(
  lane: FaultLane,
  trial: Trial,
  fault: PlannedFault,
  longestFaultMs: number,
): Promise<string[]> {
  const { fleet, service } = lane;
  const { deployment, quarantinedBefore, digest } = trial;
  const { error } = deployment;
  const isQuarantined = error !== null && isVersionAtFault(error.code);
  const quarantined = [...quarantinedBefore, ...(isQuarantined ? [digest] : [])].toSorted();
  const serving = deployment.phase === 'succeeded' ? trial.next : trial.before;
  const outcome = (await fleet.outcome(service)) as { quarantined: readonly string[] };
  const seen = { ...outcome, quarantined: outcome.quarantined.toSorted() };
  return [
    ...endTroubles(lane, trial, fault),
    ...toldTroubles(lane, trial, fault),
    ...downTroubles(lane, trial, fault, longestFaultMs),
    ...difference('it leaves', seen, fleet.expected(service, serving, quarantined)),
  ];
}

function endTroubles({ kase }: FaultLane, { deployment }: Trial, fault: PlannedFault): string[] {
  const { phase, error } = deployment;
  const told = `${phase}: ${JSON.stringify(error)}`;
  if (phase === 'succeeded') return kase.image === 'good' ? [] : ['a bad version succeeded'];
  // A fault that lasts may be a reason to leave the old version where it is.
  const isPatient = fault.lasting === undefined;
  if (error === null) return [`it is ${told}`];
  if (kase.image === 'good') {
    if (isPatient) return [`one fault of the engine made it ${told}`];
    return isVersionAtFault(error.code) ? [`a good version is called bad: ${told}`] : [];
  }
  const isRight = phase === 'rolled-back' && kase.codes.includes(error.code);
  return isRight || !isPatient ? [] : [`a bad version ends ${told}`];
}

/** What `GET /deployments/:id` tells must be so. */
function toldTroubles(
  { kase }: FaultLane,
  { deployment, digest }: Trial,
  fault: PlannedFault,
): string[] {
  const { phase, error, steps, downtimeMs } = deployment;
  const troubles: string[] = [];
  const open = steps.filter(({ outcome, finishedAt }) => outcome === null || finishedAt === null);
  if (open.length > 0) troubles.push(`steps did not end: ${JSON.stringify(open)}`);
  if (deployment.digest !== digest) troubles.push(`its digest is ${String(deployment.digest)}`);
  if (downtimeMs === null) troubles.push('it tells no downtime');
  if (phase === 'succeeded') return error === null ? troubles : [...troubles, 'it has an error'];
  if (error === null) return troubles;
  if (!Object.hasOwn(ERROR_CODES, error.code)) troubles.push(`its code is ${error.code}`);
  if (['internal', 'unknown-state'].includes(error.code))
    troubles.push(`its code is ${error.code}`);
  // It was read three times, at least; a fault that lasts may have come each time.
  const hasLog = error.logTail?.some((line) => line.startsWith('sample app bad')) === true;
  if (kase.image === 'bad' && fault.lasting === undefined && !hasLog) {
    troubles.push(`its log is ${JSON.stringify(error.logTail)}`);
  }
  if (error.serving !== 'old') troubles.push(`it says that ${error.serving} serves`);
  return troubles;
}

function downTroubles(
  { kase }: FaultLane,
  { deployment: { downtimeMs }, dead, withoutGood }: Trial,
  fault: PlannedFault,
  longestFaultMs: number,
): string[] {
  const faultMs = (fault.lasting?.forMs ?? 0) + (fault.kind === 'hang' ? longestFaultMs : SLOW_MS);
  const may = SWAP_MS + faultMs;
  const longest = kase.image === 'good' ? withoutGood.longest : dead.longest;
  const told = downtimeMs ?? 0;
  return [
    ...(longest > may ? [`it was down for ${longest.toFixed()} ms, of ${String(may)}`] : []),
    ...(told + APART_MS < dead.atLeast || told - APART_MS > withoutGood.atMost
      ? [
          `it tells of ${String(told)} ms without service, it was down for ${dead.atLeast.toFixed()} to ${withoutGood.atMost.toFixed()}`,
        ]
      : []),
  ];
}

function difference(what: string, seen: unknown, wanted: unknown): string[] {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  return left === right ? [] : [`${what} ${left}, not ${right}`];
}
