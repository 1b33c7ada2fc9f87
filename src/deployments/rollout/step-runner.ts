import { Injectable } from '@nestjs/common';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { messageOf } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { describeStep } from '../../domain/rollout/plan/describe-step.js';
import type { EngineStep } from '../../domain/rollout/step.js';
import { DeploymentLog, type LogSubject } from '../deployment-log.js';
import { isEngineGone } from './health/health-watch.js';
import type { RolloutJournal } from './journal/rollout-journal.js';
import type { Refresh, Observation } from './observer.js';
import type { StepResult } from './steps/step-context.js';
import { beforeStep, StepExecutor } from './steps/step-executor.js';

/** What a rollout is driven with. */
export interface Drive {
  readonly engine: EngineClient;
  readonly journal: RolloutJournal;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** A step that was carried out, or was tried. */
export interface DoneStep {
  readonly intent: RolloutIntent;
  /** What the step may have changed on the engine. */
  readonly refresh: Refresh;
  /** Why the rollout cannot go forward, although the step itself was carried out. */
  readonly failure: NonNullable<StepResult['failure']> | null;
  /** Why the step could not be carried out. */
  readonly error: unknown;
  readonly isDone: boolean;
}

/** Carries out one step, with its journal entries before and after and its lines in the log. */
@Injectable()
export class StepRunner {
  constructor(
    private readonly executor: StepExecutor,
    private readonly log: DeploymentLog,
  ) {}

  /** Never throws for what the engine answers: that is in the result. @throws if the journal cannot be written. */
  async run(
    { engine, journal, signal }: Drive,
    step: EngineStep,
    observation: Observation,
    before: RolloutIntent,
  ): Promise<DoneStep> {
    const intent = { ...before, ...beforeStep(step, observation.snapshot, before) };
    const description = describeStep(step, intent);
    const subject = subjectOf(intent);
    const open = await journal.begin(before, intent, step.name, description);
    this.log.print(subject, 'info', description);
    try {
      const result = await this.executor.execute(step, { engine, intent, observation, signal });
      const after = { ...intent, ...result.patch };
      const failure = result.failure ?? null;
      const trouble = failure?.message ?? result.problem ?? null;
      const ending = result.interrupted === true ? 'interrupted' : 'done';
      journal.end(after, open, trouble === null ? ending : 'failed', trouble);
      if (result.problem !== undefined) {
        await this.log.append(subject, 'warn', `${step.name}: ${result.problem}`);
      }
      const isDone = trouble === null && ending === 'done';
      return { intent: after, refresh: result.refresh ?? 'all', failure, error: null, isDone };
    } catch (error) {
      const isCut = signal.aborted || isEngineGone(error);
      const message = messageOf(error);
      journal.end(intent, open, isCut ? 'interrupted' : 'failed', message);
      await journal.flush();
      await this.log.append(subject, isCut ? 'info' : 'warn', `${step.name}: ${message}`);
      const reported = signal.aborted ? null : error;
      return { intent, refresh: 'all', failure: null, error: reported, isDone: false };
    }
  }
}

/** Whom the lines of a rollout's log are about. */
export function subjectOf({ deployment, environment, service }: RolloutIntent): LogSubject {
  return { id: deployment, environment, service };
}
