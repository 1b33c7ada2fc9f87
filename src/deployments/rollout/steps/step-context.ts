import type { EngineClient } from '../../../docker/client/engine-client.js';
import type { ErrorCode } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import type { EngineStep } from '../../../domain/rollout/step.js';
import type { Refresh, Observation } from '../observer.js';

export interface StepContext {
  readonly engine: EngineClient;
  readonly intent: RolloutIntent;
  /** The observation that the step was decided on. */
  readonly observation: Observation;
  readonly signal: AbortSignal;
}

/** What a step changed. An expected bad result is a value; a broken call is thrown. */
export interface StepResult {
  readonly patch?: Partial<RolloutIntent>;
  /** What the next observation has to refresh; everything by default. */
  readonly refresh?: Refresh;
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
  readonly interrupted?: boolean;
  /** What went wrong without stopping the rollout: the step is shown as failed, with this message. */
  readonly problem?: string;
}

/** One executor per engine step; the compiler checks that none is missing. Each is idempotent. */
export type Executors = {
  readonly [Name in EngineStep['name']]: (
    step: Extract<EngineStep, { name: Name }>,
    context: StepContext,
  ) => Promise<StepResult>;
};
