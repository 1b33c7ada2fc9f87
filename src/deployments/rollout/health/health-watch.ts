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
import { tryProbe } from './probe.js';

/** The container is looked at again after this long at the latest, in milliseconds, event or not. */
const LOOK_MS = 1_000;
/** The first tries of a probe come quickly and then slow down to its interval. */
const FIRST_PROBE_MS = 50;

export type GateOutcome =
  | { readonly kind: 'passed'; readonly healthyAt: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** The engine was started anew, and with it perhaps the container: look at everything again. */
  | { readonly kind: 'interrupted' };

/** What a watch knows of the container from before. Times are milliseconds of the engine's clock. */
export interface WatchOptions {
  /** When it passed its checks already. */
  readonly passedAt?: number;
  /** How long it has to stay up after that, in milliseconds; as configured where it is left out. */
  readonly stableForMs?: number;
  /** When it got its networks back: its time counts from there, and what its check said before does not count. */
  readonly reconnectedAt?: number | null;
  /** Its own check does not count: it only has to stay up. */
  readonly ignoresHealth?: boolean;
}

/**
 * Watches a started container until it has proved itself or failed to, driven by the engine's events
 * and by looks in between.
 * @param epoch The engine's epoch when the watch was decided on: what ends in another one is not judged.
 * @throws EngineError where the engine goes away, and the signal's reason when it aborts.
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
  const alarm = new Alarm();
  const watching = new AbortController();
  const stopWatching = (): void => {
    watching.abort();
    alarm.ring();
  };
  signal.addEventListener('abort', stopWatching);
  const events = engine
    .watch(
      id,
      () => {
        alarm.ring();
      },
      watching.signal,
    )
    .catch(() => undefined); // Only a hint is lost: the container is looked at every second anyway.
  try {
    return await watchUntilDecided(engine, id, subject, {
      epoch,
      clock,
      alarm,
      signal,
      options,
    });
  } finally {
    signal.removeEventListener('abort', stopWatching);
    stopWatching();
    await events;
  }
}

interface Watch {
  readonly epoch: string;
  readonly clock: EngineClock;
  readonly alarm: Alarm;
  readonly signal: AbortSignal;
  readonly options: WatchOptions;
}

async function watchUntilDecided(
  engine: EngineClient,
  id: string,
  subject: GateSubject,
  watch: Watch,
): Promise<GateOutcome> {
  const first = await look(engine, id);
  if (first === null) return removed(subject);
  // A new container was started once; an old one may have restarts behind it.
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
    const seen = await look(engine, id);
    if ((await engine.epoch()) !== watch.epoch) return { kind: 'interrupted' };
    if (seen === null) return removed(subject);
    await prober.probeIfDue(seen.inspection);
    const now = watch.clock();
    const container = ignoresHealth ? withoutHealth(seen.state) : seen.state;
    const verdict = judge(memory, { container, probe: prober.latest, now }, settings);
    if (verdict.kind === 'passed') {
      return { kind: 'passed', healthyAt: new Date(verdict.healthyAt).toISOString() };
    }
    if (verdict.kind === 'failed') return verdict;
    memory = verdict.memory;
    const untilStable =
      memory.passedAt === null ? LOOK_MS : memory.passedAt + settings.stableForMs - now;
    await watch.alarm.wait(Math.max(1, Math.min(LOOK_MS, untilStable, prober.dueInMs())));
  }
}

/** The engine's time now, in milliseconds since 1970, as far as this process knows it. */
type EngineClock = () => number;

/** Read once, and from there on counted by a clock that nobody sets: a gate neither ends nor grows with it. */
async function clockOf(engine: EngineClient): Promise<EngineClock> {
  const told = await engine.now();
  const heardAt = performance.now();
  return () => told + performance.now() - heardAt;
}

function withoutHealth(container: ContainerState): ContainerState {
  return { ...container, health: 'none', healthyAt: null };
}

async function look(engine: EngineClient, id: string) {
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
    message: 'the container was removed while it was watched',
  };
}

/** Tries the configured probe, quickly at first and then at its interval. */
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
    return this.settings.probe === null ? LOOK_MS : this.#dueAt - performance.now();
  }

  async probeIfDue(inspection: ContainerInspection): Promise<void> {
    const { probe } = this.settings;
    if (probe === null || performance.now() < this.#dueAt) return;
    const { probeVia, waiting } = this.subject;
    // A macvlan network cannot be reached from the machine that it is on.
    const except = waiting?.kind === 'macvlan' ? waiting.name : null;
    const result = await tryProbe(this.engine, inspection, probe, probeVia, except);
    if (result !== null) this.latest = { ...result, at: this.clock() };
    this.#dueAt = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, probe.intervalMs);
  }
}

/** A wait that can be cut short. */
class Alarm {
  #wake: (() => void) | null = null;
  #isRinging = false;

  ring(): void {
    this.#isRinging = true;
    this.#wake?.();
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#isRinging) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = null;
    this.#isRinging = false;
  }
}

/** Tells an engine that went away from one that refused. */
export function isEngineGone(error: unknown): error is EngineError {
  return error instanceof EngineError && error.isUnreachable;
}
