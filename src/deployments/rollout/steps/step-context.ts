import type { EngineClient } from '../../../docker/client/engine-client.js';
import type { ErrorCode } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import type { EngineStep } from '../../../domain/rollout/step.js';
import type { Changed, Look } from '../observer.js';

export interface StepContext {
  readonly engine: EngineClient;
  readonly intent: RolloutIntent;
  /** The one that the step was decided by. */
  readonly look: Look;
  readonly signal: AbortSignal;
}

/** What a step that was carried out changes. An expected bad result is a value, a broken call is thrown. */
export interface StepResult {
  readonly patch?: Partial<RolloutIntent>;
  /** What the next look has to ask for; anything where it is left out. */
  readonly changed?: Changed;
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
  readonly interrupted?: boolean;
  /** What went wrong and does not keep the rollout from going on: the step is shown as failed, with this. */
  readonly problem?: string;
}

/** One executor for each step of the engine, checked by the compiler to be complete. Each is idempotent. */
export type Executors = {
  readonly [Name in EngineStep['name']]: (
    step: Extract<EngineStep, { name: Name }>,
    context: StepContext,
  ) => Promise<StepResult>;
};
