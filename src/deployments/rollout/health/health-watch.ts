import { containerState } from '../../../docker/inspection/container-state.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import { healthCheckTimes } from '../../../docker/inspection/health-check-times.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import type { ErrorCode } from '../../../domain/errors.js';
import { gateSettings, type GateSettings } from '../../../domain/rollout/health/gate-settings.js';
import type { GateSubject } from '../../../domain/rollout/health/gate-subject.js';
import {
  judge,
  openGate,
  type GateMemory,
  type GateObservation,
} from '../../../domain/rollout/health/health-gate.js';
import type { ContainerState } from '../../../domain/rollout/container-state.js';
import { Signal } from '../../locks/signal.js';
import { tryProbe } from './probe.js';

/** The container is inspected at least this often, in milliseconds, with or without an event. */
const INSPECT_MS = 1_000;
/** The first probes follow each other quickly and then slow down to the configured interval; in milliseconds. */
const FIRST_PROBE_MS = 50;

export type GateOutcome =
  | { readonly kind: 'passed'; readonly healthyAt: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** The engine was restarted, and perhaps the container with it: everything has to be observed again. */
  | { readonly kind: 'interrupted' };

/** What is known about the container before the watch. Times are milliseconds of the engine's clock. */
export interface WatchOptions {
  /** When it passed its checks, if it already has. */
  readonly passedAt?: number;
  /** How long it has to stay up after that, in milliseconds; as configured by default. */
  readonly stableForMs?: number;
  /** When it got its networks back: its time counts from then on, and earlier results of its check are ignored. */
  readonly reconnectedAt?: number | null;
  /** Its own health check is ignored: it only has to stay up. */
  readonly ignoresHealth?: boolean;
}

/**
 * Watches a started container until it passes or fails the health gate: inspects it at each of the engine's events and
 * in between.
 * @param epoch The engine's epoch when the watch was decided on: in another epoch the container is not judged.
 * @throws EngineError if the engine goes away, and the signal's reason when it aborts.
 */
export async function watchHealth(
  engine: EngineClient,
  id: string,
  subject: GateSubject,
  epoch: string,
  signal: AbortSignal,
  options: WatchOptions = {},
): Promise<GateOutcome> {
  const clock = await clockOf(engine);
  const changes = new Signal();
  const watching = new AbortController();
  const events = engine
    .watch(
      id,
      () => {
        changes.raise();
      },
      watching.signal,
    )
    .catch(() => undefined); // Only a hint is lost: the container is inspected every second anyway.
  try {
    return await watchUntilDecided(engine, id, subject, {
      epoch,
      clock,
      changes,
      signal,
      options,
    });
  } finally {
    watching.abort();
    await events;
  }
}

interface Watch {
  readonly epoch: string;
  readonly clock: EngineClock;
  /** Raised by the engine's events about the container. */
  readonly changes: Signal;
  readonly signal: AbortSignal;
  readonly options: WatchOptions;
}

async function watchUntilDecided(
  engine: EngineClient,
  id: string,
  subject: GateSubject,
  watch: Watch,
): Promise<GateOutcome> {
  const first = await inspect(engine, id);
  if (first === null) return removed(subject);
  // A new container was started once; an old one may have been restarted before.
  const isNew = id !== subject.old.id;
  const {
    passedAt = null,
    stableForMs,
    reconnectedAt = null,
    ignoresHealth = false,
  } = watch.options;
  let memory: GateMemory = {
    ...openGate(first.state, isNew ? 0 : first.state.restartCount),
    passedAt,
    reconnectedAt,
  };
  const configured = gateSettings(subject.health, healthCheckTimes(first.inspection));
  const settings = { ...configured, stableForMs: stableForMs ?? configured.stableForMs };
  const prober = new Prober(engine, subject, settings, watch.clock);
  for (;;) {
    watch.signal.throwIfAborted();
    const since = watch.changes.count;
    const current = await inspect(engine, id);
    if ((await engine.epoch()) !== watch.epoch) return { kind: 'interrupted' };
    if (current === null) return removed(subject);
    await prober.probeIfDue(current.inspection);
    const now = watch.clock();
    const container = ignoresHealth ? withoutHealth(current.state) : current.state;
    const verdict = judge(memory, { container, probe: prober.latest, now }, settings);
    if (verdict.kind === 'passed') {
      return { kind: 'passed', healthyAt: new Date(verdict.healthyAt).toISOString() };
    }
    if (verdict.kind === 'failed') return verdict;
    memory = verdict.memory;
    const untilStable =
      memory.passedAt === null ? INSPECT_MS : memory.passedAt + settings.stableForMs - now;
    await watch.changes.wait(since, {
      abort: watch.signal,
      withinMs: Math.max(1, Math.min(INSPECT_MS, untilStable, prober.dueInMs())),
    });
  }
}

/** The engine's time now, in milliseconds since 1970, as far as this process knows it. */
type EngineClock = () => number;

/** Read once and then advanced by a monotonic clock: setting the engine's clock neither shortens nor extends a gate. */
async function clockOf(engine: EngineClient): Promise<EngineClock> {
  const engineTime = await engine.now();
  const readAt = performance.now();
  return () => engineTime + performance.now() - readAt;
}

function withoutHealth(container: ContainerState): ContainerState {
  return { ...container, health: 'none', healthyAt: null };
}

async function inspect(engine: EngineClient, id: string) {
  const inspection = await engine.container(id);
  const state = inspection === null ? null : containerState(inspection);
  return inspection === null || state === null ? null : { inspection, state };
}

function removed(subject: GateSubject): GateOutcome {
  if (subject.old.autoRemove) {
    return {
      kind: 'failed',
      code: 'exited',
      message: 'the container exited (it was run with --rm, so the engine removed it)',
    };
  }
  return {
    kind: 'failed',
    code: 'container-removed',
    message: 'the container was removed while its health was watched',
  };
}

/** Runs the configured probe, quickly at first and then at its interval. */
class Prober {
  latest: GateObservation['probe'] = null;
  #pauseMs = FIRST_PROBE_MS;
  #dueAt = 0;

  constructor(
    private readonly engine: EngineClient,
    private readonly subject: GateSubject,
    private readonly settings: GateSettings,
    private readonly clock: EngineClock,
  ) {}

  dueInMs(): number {
    return this.settings.probe === null ? INSPECT_MS : this.#dueAt - performance.now();
  }

  async probeIfDue(inspection: ContainerInspection): Promise<void> {
    const { probe } = this.settings;
    if (probe === null || performance.now() < this.#dueAt) return;
    const { probeVia, waiting } = this.subject;
    // A host cannot reach its own macvlan networks.
    const except = waiting?.kind === 'macvlan' ? waiting.name : null;
    const result = await tryProbe(this.engine, inspection, probe, probeVia, except);
    if (result !== null) this.latest = { ...result, at: this.clock() };
    this.#dueAt = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, probe.intervalMs);
  }
}

/** Whether the engine went away, as opposed to refusing the call. */
export function isEngineGone(error: unknown): error is EngineError {
  return error instanceof EngineError && error.isUnreachable;
}
