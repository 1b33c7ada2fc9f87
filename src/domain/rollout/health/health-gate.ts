import type { ErrorCode } from '../../errors.js';
import type { GateSettings } from './gate-settings.js';
import type { ContainerState } from '../container-state.js';

/** What the gate remembers between two observations. Times are milliseconds since 1970 by the engine's clock. */
export interface GateMemory {
  readonly startedAt: string | null;
  readonly restartCount: number;
  /** When the container first passed all its checks; null if it has not. */
  readonly passedAt: number | null;
  /** When it got its networks back after losing them; null if it never lost them. */
  readonly reconnectedAt: number | null;
}

/** The container and its latest probe, at one moment. */
export interface GateObservation {
  readonly container: ContainerState;
  /** Result of the latest configured probe; null if there is none yet. */
  readonly probe: { readonly passed: boolean; readonly at: number; readonly detail: string } | null;
  readonly now: number;
}

export type GateVerdict =
  | { readonly kind: 'wait'; readonly memory: GateMemory }
  | { readonly kind: 'passed'; readonly healthyAt: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/**
 * The gate at the first observation of a started container. `restartCount`: how many restarts the engine may
 * report by then; more than that means that it failed before the first observation.
 */
export function openGate(container: ContainerState, restartCount: number): GateMemory {
  return { startedAt: container.startedAt, restartCount, passedAt: null, reconnectedAt: null };
}

/**
 * Whether a container passes the health gate. It must pass its HEALTHCHECK and the probe, if it has
 * any, within `timeoutMs` of its start, and then stay up, without a restart and without turning
 * unhealthy, for `stableForMs`. The health that the engine reports counts; it is never guessed.
 */
export function judge(
  memory: GateMemory,
  seen: GateObservation,
  settings: GateSettings,
): GateVerdict {
  const { container, probe, now } = seen;
  const gone = whyGone(memory, container);
  if (gone !== null) return gone;
  const isRecovering = memory.reconnectedAt !== null && memory.passedAt === null;
  if (container.health === 'unhealthy' && !isRecovering) {
    return failed('unhealthy', 'its health check failed: the engine reports it as unhealthy');
  }
  const startedAt = Math.max(Date.parse(container.startedAt ?? ''), memory.reconnectedAt ?? 0);
  const passedAt = memory.passedAt ?? passedMoment(seen, settings, startedAt);
  if (passedAt === null) {
    if (now - startedAt < settings.timeoutMs) return { kind: 'wait', memory };
    return failed('health-timeout', timeoutMessage(container, probe, settings));
  }
  if (probe !== null && !probe.passed && probe.at > passedAt) {
    return failed('unhealthy', `its probe passed and then failed: ${probe.detail}`);
  }
  if (now - passedAt >= settings.stableForMs) return { kind: 'passed', healthyAt: passedAt };
  return { kind: 'wait', memory: { ...memory, passedAt } };
}

function whyGone(memory: GateMemory, container: ContainerState): GateVerdict | null {
  const code = container.outOfMemory ? 'out-of-memory' : 'exited';
  const cause = container.outOfMemory ? 'ran out of memory' : 'exited';
  const withCode = `the container ${cause} with code ${String(container.exitCode)}`;
  if (container.status === 'exited' || container.status === 'dead') return failed(code, withCode);
  const restarted =
    container.status === 'restarting' ||
    container.restartCount > memory.restartCount ||
    container.startedAt !== memory.startedAt;
  return restarted ? failed(code, `${withCode} and was restarted`) : null;
}

function passedMoment(
  { container, probe, now }: GateObservation,
  settings: GateSettings,
  startedAt: number,
): number | null {
  if (container.status === 'paused') return null;
  if (container.health === 'starting' || container.health === 'unhealthy') return null;
  if (settings.probe !== null && probe?.passed !== true) return null;
  // The engine's clock may have been set forward since `now` was first read.
  const checkedAt =
    container.healthyAt === null ? startedAt : Math.min(now, Date.parse(container.healthyAt));
  return Math.max(checkedAt, settings.probe === null || probe === null ? startedAt : probe.at);
}

function timeoutMessage(
  container: ContainerState,
  probe: GateObservation['probe'],
  settings: GateSettings,
): string {
  const seconds = String(settings.timeoutMs / 1000);
  const last =
    settings.probe === null
      ? `its health is still "${container.health}"`
      : `its last probe reported: ${probe?.detail ?? 'nothing'}`;
  return `it did not become healthy within ${seconds} s of its start; ${last}`;
}

function failed(code: ErrorCode, message: string): GateVerdict {
  return { kind: 'failed', code, message };
}
