import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Engines } from '../../docker/client/engines.js';
import { DeployError, messageOf, type ErrorCode } from '../../domain/errors.js';
import { isDependentStep } from '../../domain/rollout/dependents.js';
import { isTouched, type RolloutIntent } from '../../domain/rollout/intent.js';
import { goalAfterFailure } from '../../domain/rollout/next-step/next-step-back.js';
import { nextStep } from '../../domain/rollout/next-step/next-step.js';
import { syncIntent } from '../../domain/rollout/next-step/sync-intent.js';
import { simulateRollout } from '../../domain/rollout/plan/simulate.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import type { Decision, EngineStep, Step } from '../../domain/rollout/step.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';
import { Journal } from './journal/journal.js';
import type { JournalOpening } from './journal/rollout-journal.js';
import { observe, type ObservationBasis, type Observation } from './observer.js';
import { mayPark } from './parking.js';
import type { Prepared } from './preparing/preparation.js';
import {
  isDispensable,
  isTriedAgain,
  NO_FAILURES,
  oneMore,
  pauseAfter,
  stepFailure,
  type Failures,
} from './step-failures.js';
import { StepRunner, subjectOf, type Drive } from './step-runner.js';
import { dependentFailure, withoutDependentStep } from './steps/dependent-steps.js';

/** How long a rollout waits for an engine that went away, in milliseconds. */
const ENGINE_WAIT_MS = 24 * 3_600_000;
const ENGINE_PING_MS = 2_000;
const ENGINE_PAUSES_MS = [100, 200, 400, 800, 1_500];
/** More turns than any rollout takes; each dependent adds some. */
const MOST_TURNS = 200;
const MOST_TURNS_OF_DEPENDENT = 50;
/** What cannot be left as it is continues also while the server stops. */
const UNENDING = new AbortController().signal;

type Finish = Extract<Decision, { name: 'finish' }>;
/** Why a rollout does not go forward. */
interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** How driving a rollout ends. */
export type RolloutEnd =
  | { readonly kind: 'finished'; readonly intent: RolloutIntent; readonly decision: Finish }
  /** The server stops; the next one resumes here. */
  | { readonly kind: 'parked' };

/** Where a rollout stands between two turns. */
interface RolloutState {
  readonly kind: 'under-way';
  readonly intent: RolloutIntent;
  /** What the next observation builds on. */
  readonly basis: ObservationBasis;
  readonly failures: Failures;
  /** The step of the last turn, if it was done. */
  readonly lastDone: EngineStep | null;
}

/**
 * Drives a rollout to its end, from wherever it stands: observes the engine, does one step, observes again. Beginning
 * and resuming after a crash are the same thing.
 */
@Injectable()
export class Rollout {
  constructor(
    private readonly engines: Engines,
    private readonly storage: Storage,
    private readonly journal: Journal,
    private readonly steps: StepRunner,
    private readonly log: DeploymentLog,
  ) {}

  /** Begins a rollout. Its intent is stored with its first step. */
  begin({ intent, basis }: Prepared, signal: AbortSignal): Promise<RolloutEnd> {
    const first = { previousDigest: intent.old.digest, strategy: intent.strategy };
    return this.drive(intent, basis, first, signal);
  }

  /** The steps that a rollout will take if all goes well. @throws EngineError */
  async foresee({ intent, basis }: Prepared): Promise<Step[]> {
    const engine = this.engines.get(intent.engine);
    const { snapshot } = await observe(engine, intent, this.storage.instanceId, basis);
    return simulateRollout(snapshot, intent);
  }

  /** The intent of a rollout that was begun; null if none was. */
  journalled(deployment: string): Promise<RolloutIntent | null> {
    return this.journal.read(deployment);
  }

  /** Resumes a rollout whose intent is in the journal. */
  async resume(intent: RolloutIntent, signal: AbortSignal): Promise<RolloutEnd> {
    await this.journal.closeInterrupted(intent);
    return this.drive(intent, { before: null, refresh: 'all' }, null, signal);
  }

  private async drive(
    intent: RolloutIntent,
    basis: ObservationBasis,
    opening: JournalOpening | null,
    signal: AbortSignal,
  ): Promise<RolloutEnd> {
    const engine = this.engines.get(intent.engine);
    const drive: Drive = { engine, journal: this.journal.open(opening), signal };
    const most = MOST_TURNS + MOST_TURNS_OF_DEPENDENT * intent.dependents.length;
    let state: RolloutState = {
      kind: 'under-way',
      intent,
      basis,
      failures: NO_FAILURES,
      lastDone: null,
    };
    for (let turns = 0; turns < most; turns++) {
      const next = await this.turn(drive, state);
      if (next.kind !== 'under-way') return next;
      state = next;
    }
    throw new DeployError('unknown-state', 'the rollout does not come to an end');
  }

  /** One turn: observe, decide, do. */
  private async turn(drive: Drive, state: RolloutState): Promise<RolloutState | RolloutEnd> {
    const observation = await this.observeWhenReachable(drive, state);
    if (observation === 'parked') return { kind: 'parked' };
    const { snapshot } = observation;
    const intent = syncIntent(snapshot, state.intent);
    const step = nextStep(snapshot, intent);
    if (step.name === 'finish') {
      await drive.journal.flush();
      return { kind: 'finished', intent, decision: step };
    }
    if (step.name === 'give-up') {
      const turned = await this.giveUp(drive, intent, snapshot, step);
      return { ...state, intent: turned, basis: { before: observation, refresh: 'all' } };
    }
    if (drive.signal.aborted && mayPark(step, snapshot, intent)) {
      await drive.journal.flush();
      return { kind: 'parked' };
    }
    return this.doStep(drive, step, observation, { ...state, intent });
  }

  private async observeWhenReachable(
    { engine, journal, signal }: Drive,
    { intent, basis }: RolloutState,
  ): Promise<Observation | 'parked'> {
    const deadline = performance.now() + ENGINE_WAIT_MS;
    for (let attempt = 0; ; attempt++) {
      try {
        // An engine that was away may come back with anything.
        const now: ObservationBasis = attempt === 0 ? basis : { ...basis, refresh: 'all' };
        return await observe(engine, intent, this.storage.instanceId, now);
      } catch (error) {
        if (attempt === 0) await journal.flush();
        if (performance.now() > deadline) throw error;
        if (attempt === 0) {
          const text = `waits for the engine: ${messageOf(error)}`;
          await this.log.append(subjectOf(intent), 'warn', text);
        }
        await pause(ENGINE_PAUSES_MS[Math.min(attempt, ENGINE_PAUSES_MS.length - 1)]);
        if (signal.aborted) return 'parked';
        await engine.ping(ENGINE_PING_MS).catch(() => undefined); // The next observation reports it.
      }
    }
  }

  private async doStep(
    drive: Drive,
    step: EngineStep,
    observation: Observation,
    state: RolloutState,
  ): Promise<RolloutState> {
    const { snapshot } = observation;
    const work = drive.signal.aborted ? { ...drive, signal: UNENDING } : drive;
    const done = await this.steps.run(work, step, observation, state.intent);
    const intent =
      done.failure === null
        ? done.intent
        : await this.giveUp(drive, done.intent, snapshot, done.failure);
    const error = done.error ?? withoutEffect(step, state.lastDone);
    const basis = { before: observation, refresh: done.refresh };
    const lastDone = done.isDone ? step : null;
    const next = { ...state, intent, basis, lastDone, failures: NO_FAILURES };
    if (error === null) return next;
    const failures = oneMore(state.failures, step.name, performance.now());
    if (isTriedAgain(step, failures, error, performance.now(), snapshot, intent)) {
      await pause(pauseAfter(failures, error));
      return { ...next, failures };
    }
    return { ...next, intent: await this.goOnWithout(drive, step, snapshot, intent, error) };
  }

  /** Turns a rollout round, or lets it end if nothing was touched yet. */
  private async giveUp(
    { journal }: Drive,
    intent: RolloutIntent,
    snapshot: Snapshot,
    { code, message }: Reason,
  ): Promise<RolloutIntent> {
    await this.log.append(subjectOf(intent), 'error', `${code}: ${message}`);
    const goal = goalAfterFailure(snapshot, intent);
    const turned: RolloutIntent = { ...intent, goal, failure: { code, message } };
    await journal.giveUp(turned, message, isTouched(turned) && goal === 'back');
    return turned;
  }

  /** A step that cannot be done: going forward that is a failure, going back it may be the end of the road. */
  private async goOnWithout(
    drive: Drive,
    step: EngineStep,
    snapshot: Snapshot,
    intent: RolloutIntent,
    error: unknown,
  ): Promise<RolloutIntent> {
    const goOn = `continues without ${step.name}`;
    if (isDependentStep(step)) {
      const without = withoutDependentStep(step, intent, error);
      const failure = dependentFailure(step, intent, error);
      if (without === null) return this.giveUp(drive, intent, snapshot, failure);
      await this.log.append(subjectOf(intent), 'warn', goOn);
      return without;
    }
    if (isDispensable(step, intent)) {
      await this.log.append(subjectOf(intent), 'warn', goOn);
      return { ...intent, abandoned: [...intent.abandoned, step.name] };
    }
    if (intent.goal === 'forward') {
      return this.giveUp(drive, intent, snapshot, stepFailure(step, error));
    }
    return { ...intent, restoreFailed: `${step.name} is not possible: ${messageOf(error)}` };
  }
}

/** If a step that was done has to be done again at once, the engine did not do what it reported. */
function withoutEffect(step: EngineStep, lastDone: EngineStep | null): DeployError | null {
  return JSON.stringify(step) === JSON.stringify(lastDone)
    ? new DeployError('engine-error', `${step.name} was done, and the engine shows nothing of it`)
    : null;
}
