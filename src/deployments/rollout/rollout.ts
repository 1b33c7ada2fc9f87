import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { Engines } from '../../docker/client/engines.js';
import { syncIntent } from '../../domain/rollout/next-step/sync-intent.js';
import type { DeploymentPatch } from '../../domain/deployment/deployment.js';
import { DeployError, messageOf, type ErrorCode } from '../../domain/errors.js';
import { isDependentStep } from '../../domain/rollout/dependents.js';
import { goalAfterFailure } from '../../domain/rollout/next-step/next-step-back.js';
import { nextStep } from '../../domain/rollout/next-step/next-step.js';
import { simulateRollout } from '../../domain/rollout/plan/simulate.js';
import { isTouched, type RolloutIntent } from '../../domain/rollout/intent.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import type { Decision, EngineStep, Step } from '../../domain/rollout/step.js';
import { describeStep } from '../../domain/rollout/plan/describe-step.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';
import { isEngineGone } from './health/health-watch.js';
import { Journal } from './journal/journal.js';
import type { RolloutJournal } from './journal/rollout-journal.js';
import { observe, type Changed, type Known, type Look } from './observer.js';
import { mayPark } from './parking.js';
import type { Prepared } from './preparing/preparation.js';
import { dependentFailure, withoutDependentStep } from './steps/dependent-steps.js';
import type { StepResult } from './steps/step-context.js';
import { beforeStep, StepExecutor } from './steps/step-executor.js';
import {
  isDispensable,
  isTriedAgain,
  NO_FAILURES,
  oneMore,
  pauseAfter,
  stepFailure,
} from './step-failures.js';

/** How long a rollout waits for an engine that went away, in milliseconds. */
const ENGINE_WAIT_MS = 24 * 3_600_000;
const ENGINE_PING_MS = 2_000;
const ENGINE_PAUSES_MS = [100, 200, 400, 800, 1_500];
/** More steps than any rollout has; for each dependent there are more. */
const MOST_STEPS = 200;
const MOST_STEPS_OF_DEPENDENT = 50;
/** What cannot be left as it is goes on also while the server stops. */
const UNENDING = new AbortController().signal;

export type RolloutEnd =
  | { readonly kind: 'finished'; readonly intent: RolloutIntent; readonly decision: Finish }
  /** The server stops; the next one goes on from here. */
  | { readonly kind: 'parked' };

type Finish = Extract<Decision, { name: 'finish' }>;

/** What a rollout is driven with. */
interface Drive {
  readonly engine: EngineClient;
  readonly journal: RolloutJournal;
  readonly signal: AbortSignal;
}

/** A step that was carried out, or was tried. */
interface DoneStep {
  readonly intent: RolloutIntent;
  readonly changed: Changed;
  readonly failure: NonNullable<StepResult['failure']> | null;
  readonly error: unknown;
  readonly isDone: boolean;
}

/**
 * Drives a rollout to its end, from wherever it stands: looks at the engine, does one step, looks again.
 * Starting anew and going on after a crash are the same thing.
 */
@Injectable()
export class Rollout {
  constructor(
    private readonly engines: Engines,
    private readonly storage: Storage,
    private readonly journal: Journal,
    private readonly executor: StepExecutor,
    private readonly log: DeploymentLog,
  ) {}

  /** Begins a rollout. Its intent is stored with its first step. */
  begin({ intent, known }: Prepared, signal: AbortSignal): Promise<RolloutEnd> {
    const first = { previousDigest: intent.old.digest, strategy: intent.strategy };
    return this.drive(intent, known, first, signal);
  }

  /** The steps that a rollout will take when all goes well. @throws EngineError */
  async foresee({ intent, known }: Prepared): Promise<Step[]> {
    const engine = this.engines.get(intent.engine);
    const { snapshot } = await observe(engine, intent, this.storage.instanceId, known);
    return simulateRollout(snapshot, intent);
  }

  /** Goes on with a rollout whose intent is in the journal. */
  resume(intent: RolloutIntent, signal: AbortSignal): Promise<RolloutEnd> {
    return this.drive(intent, { before: null, changed: 'anything' }, null, signal);
  }

  private async drive(
    begun: RolloutIntent,
    knownAtFirst: Known,
    patch: DeploymentPatch | null,
    signal: AbortSignal,
  ): Promise<RolloutEnd> {
    const engine = this.engines.get(begun.engine);
    const journal = this.journal.open(patch);
    const drive: Drive = { engine, journal, signal };
    let intent = begun;
    let failures = NO_FAILURES;
    let last: EngineStep | null = null;
    let known = knownAtFirst;
    const most = MOST_STEPS + MOST_STEPS_OF_DEPENDENT * begun.dependents.length;
    for (let count = 0; count < most; count++) {
      const look = await this.observeWhenReachable(drive, intent, known);
      if (look === 'parked') return { kind: 'parked' };
      const { snapshot } = look;
      intent = syncIntent(snapshot, intent);
      const step = nextStep(snapshot, intent);
      if (step.name === 'finish') {
        await journal.flush();
        return { kind: 'finished', intent, decision: step };
      }
      if (step.name === 'give-up') {
        intent = await this.giveUp(journal, intent, snapshot, step);
        known = { before: look, changed: 'anything' };
        continue;
      }
      if (signal.aborted && mayPark(step, snapshot, intent)) {
        await journal.flush();
        return { kind: 'parked' };
      }
      const work = signal.aborted ? { ...drive, signal: UNENDING } : drive;
      const done = await this.doStep(work, step, look, intent);
      intent = done.intent;
      known = { before: look, changed: done.changed };
      if (done.failure !== null) {
        intent = await this.giveUp(journal, intent, snapshot, done.failure);
      }
      const error = done.error ?? withoutEffect(step, last);
      last = done.isDone ? step : null;
      failures = error === null ? NO_FAILURES : oneMore(failures, step.name, performance.now());
      if (error === null) continue;
      if (isTriedAgain(step, failures, error, performance.now(), snapshot, intent)) {
        await pause(pauseAfter(failures, error));
      } else {
        intent = await this.afterFailedStep(journal, step, snapshot, intent, error);
        failures = NO_FAILURES;
      }
    }
    throw new DeployError('unknown-state', 'the rollout does not come to an end');
  }

  private async observeWhenReachable(
    { engine, journal, signal }: Drive,
    intent: RolloutIntent,
    known: Known,
  ): Promise<Look | 'parked'> {
    const deadline = performance.now() + ENGINE_WAIT_MS;
    for (let attempt = 0; ; attempt++) {
      try {
        // An engine that was away may come back with anything.
        const now: Known = attempt === 0 ? known : { ...known, changed: 'anything' };
        return await observe(engine, intent, this.storage.instanceId, now);
      } catch (error) {
        if (attempt === 0) await journal.flush();
        if (performance.now() > deadline) throw error;
        if (attempt === 0) {
          await this.log.line(
            subjectOf(intent),
            'warn',
            `waits for the engine: ${messageOf(error)}`,
          );
        }
        await pause(ENGINE_PAUSES_MS[Math.min(attempt, ENGINE_PAUSES_MS.length - 1)]);
        if (signal.aborted) return 'parked';
        await engine.ping(ENGINE_PING_MS).catch(() => undefined); // Told by the next look.
      }
    }
  }

  private async doStep(
    { engine, journal, signal }: Drive,
    step: EngineStep,
    look: Look,
    before: RolloutIntent,
  ): Promise<DoneStep> {
    const intent = { ...before, ...beforeStep(step, look.snapshot, before) };
    const description = describeStep(step, intent);
    const open = await journal.begin(before, intent, step.name, description);
    this.log.say(subjectOf(intent), 'info', description);
    try {
      const result = await this.executor.execute(step, { engine, intent, look, signal });
      const after = { ...intent, ...result.patch };
      const failure = result.failure ?? null;
      const trouble = failure?.message ?? result.problem ?? null;
      const ending = result.interrupted === true ? 'interrupted' : 'done';
      journal.end(after, open, trouble === null ? ending : 'failed', trouble);
      if (result.problem !== undefined) {
        await this.log.line(subjectOf(intent), 'warn', `${step.name}: ${result.problem}`);
      }
      const isDone = trouble === null && ending === 'done';
      return { intent: after, changed: result.changed ?? 'anything', failure, error: null, isDone };
    } catch (error) {
      const isCut = signal.aborted || isEngineGone(error);
      const message = messageOf(error);
      journal.end(intent, open, isCut ? 'interrupted' : 'failed', message);
      await journal.flush();
      await this.log.line(subjectOf(intent), isCut ? 'info' : 'warn', `${step.name}: ${message}`);
      const told = signal.aborted ? null : error;
      return { intent, changed: 'anything', failure: null, error: told, isDone: false };
    }
  }

  /** Turns a rollout round, or lets it end where nothing was touched yet. */
  private async giveUp(
    journal: RolloutJournal,
    intent: RolloutIntent,
    snapshot: Snapshot,
    failure: { readonly code: ErrorCode; readonly message: string },
  ): Promise<RolloutIntent> {
    await this.log.line(subjectOf(intent), 'error', `${failure.code}: ${failure.message}`);
    const goal = goalAfterFailure(snapshot, intent);
    const turned: RolloutIntent = {
      ...intent,
      goal,
      failure: { code: failure.code, message: failure.message },
    };
    const isRollback = isTouched(turned) && goal === 'back';
    await journal.change(turned, {
      ...(isRollback ? { phase: 'rolling-back' as const } : {}),
      reason: failure.message,
    });
    return turned;
  }

  /** A step that cannot be done: going forward that is a failure, going back it may be the end of the road. */
  private async afterFailedStep(
    journal: RolloutJournal,
    step: EngineStep,
    snapshot: Snapshot,
    intent: RolloutIntent,
    error: unknown,
  ): Promise<RolloutIntent> {
    if (isDependentStep(step)) {
      const without = withoutDependentStep(step, intent, error);
      const failure = dependentFailure(step, intent, error);
      if (without === null) return this.giveUp(journal, intent, snapshot, failure);
      await this.log.line(subjectOf(intent), 'warn', `goes on without ${step.name}`);
      return without;
    }
    if (isDispensable(step, intent)) {
      await this.log.line(subjectOf(intent), 'warn', `goes on without ${step.name}`);
      return { ...intent, abandoned: [...intent.abandoned, step.name] };
    }
    if (intent.goal === 'forward') {
      return this.giveUp(journal, intent, snapshot, stepFailure(step, error));
    }
    return { ...intent, restoreFailed: `${step.name} is not possible: ${messageOf(error)}` };
  }
}

/** Where a step that was done has to be done at once again, the engine did not do what it said. */
function withoutEffect(step: EngineStep, last: EngineStep | null): DeployError | null {
  return JSON.stringify(step) === JSON.stringify(last)
    ? new DeployError('engine-error', `${step.name} was done, and the engine shows nothing of it`)
    : null;
}

function subjectOf(intent: RolloutIntent): {
  id: string;
  environment: string;
  service: string;
} {
  return { id: intent.deployment, environment: intent.environment, service: intent.service };
}
