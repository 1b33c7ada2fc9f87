import { Injectable } from '@nestjs/common';
import { containerState } from '../../../docker/inspection/container-state.js';
import type { Replacement } from '../../../docker/creation/container-options.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { beforeDependentStep, isDependentStep } from '../../../domain/rollout/dependents.js';
import { isWaiting } from '../../../domain/rollout/networks.js';
import { isDrainTold, later, type RolloutIntent } from '../../../domain/rollout/intent.js';
import { rolloutNames } from '../../../domain/rollout/rollout-names.js';
import type { Snapshot } from '../../../domain/rollout/snapshot.js';
import { isActive, type RestartPolicy } from '../../../domain/rollout/container-state.js';
import type { EngineStep } from '../../../domain/rollout/step.js';
import { ContainerMaker, connectFurther } from './container-maker.js';
import { watchHealth, type GateOutcome, type WatchOptions } from '../health/health-watch.js';
import { HookRunner } from './hooks/hook-runner.js';
import { ImagePuller } from './image-puller.js';
import { dependentSteps } from './dependent-steps.js';
import { logTail, removeStopped, stopAndSettle } from './stop-and-remove.js';
import { attachWithoutNames, overlapSteps } from './overlap-steps.js';
import { proofSteps } from './proof-steps.js';
import type { Executors, StepContext, StepResult } from './step-context.js';
import { WaitingNetworks } from './waiting-networks.js';

const NEVER_RESTART: RestartPolicy = { name: 'no', maximumRetryCount: 0 };

/** What must be in the journal before a step acts, beyond its name. */
export function beforeStep(
  step: EngineStep,
  snapshot: Snapshot,
  intent: RolloutIntent,
): Partial<RolloutIntent> {
  if (isDependentStep(step)) return beforeDependentStep(step, intent);
  if (step.name === 'stop-old' && !intent.stopIssued) return { stopIssued: true };
  if (step.name === 'drain-old') return isDrainTold(intent) ? { drainIssued: true } : {};
  if (step.name === 'hand-over' || step.name === 'hand-back') {
    return { detachIssued: true, oldDownAt: intent.oldDownAt ?? new Date().toISOString() };
  }
  if (step.name !== 'start-new') return {};
  const { candidate, old } = snapshot;
  const isRetry = candidate !== null && (candidate.error !== '' || candidate.exitCode !== 0);
  return {
    startedInEpoch: snapshot.epoch,
    portRetries: intent.portRetries + (isRetry ? 1 : 0),
    oldDownAt: (old === null || isActive(old) ? null : old.finishedAt) ?? intent.oldDownAt,
  };
}

/** Carries out steps. */
@Injectable()
export class StepExecutor {
  readonly #executors: Executors;

  constructor(
    private readonly maker: ContainerMaker,
    private readonly puller: ImagePuller,
    private readonly waiting: WaitingNetworks,
    private readonly hooks: HookRunner,
  ) {
    // Not in an initializer: those of # fields run before the parameters above are assigned.
    this.#executors = this.executors();
  }

  async execute(step: EngineStep, context: StepContext): Promise<StepResult> {
    const executor = this.#executors[step.name] as (
      step: EngineStep,
      context: StepContext,
    ) => Promise<StepResult>;
    return executor(step, context);
  }

  private executors(): Executors {
    return {
      ...overlapSteps(this.waiting),
      ...proofSteps(this.maker),
      ...dependentSteps(this.maker),
      pull: async (_step, { engine, intent, observation, signal }) => ({
        patch: { imageId: await this.puller.pull(engine, intent, observation.oldImage, signal) },
        // It may have taken long. If a name was taken meanwhile, the create call is refused.
        refresh: [intent.old.id],
      }),
      'clear-leftover': async (step, { engine, intent, observation }) =>
        step.container === rolloutNames(intent.container).hook
          ? removeHook(step.id, engine)
          : removeStopped(engine, step.id, observation),
      create: async (_step, { engine, intent, observation }) => {
        const created = await this.maker.createCandidate(engine, intent, observation);
        return { refresh: [{ id: created.Id, inspection: created }] };
      },
      'connect-new': async (step, { engine, intent, observation }) => {
        await connectFurther(
          engine,
          step.id,
          await this.maker.candidate(engine, intent, observation),
        );
        return { patch: { connected: true }, refresh: [step.id] };
      },
      'create-twin': async (_step, { engine, intent }) => {
        await this.maker.createTwin(engine, intent);
        return {};
      },
      'stop-old': async (step, { engine, intent, observation }) => {
        const { at, inspection } = await stopAndSettle(engine, step.id, observation);
        // A container that was run with --rm is still there for a moment.
        const isGoing = inspection !== null && containerState(inspection) === null;
        return {
          // Going forward in a handover, it stopped serving long before.
          patch: intent.detachIssued && intent.goal !== 'back' ? {} : { oldDownAt: at },
          refresh: [isGoing ? step.id : { id: step.id, inspection }],
        };
      },
      'retire-old': async (step, { engine, intent }) => {
        await engine.rename(step.id, rolloutNames(intent.container).old);
        return { refresh: [step.id] };
      },
      'take-name': async (step, { engine, intent }) => {
        await engine.rename(step.id, intent.container);
        return { refresh: [step.id] };
      },
      'start-new': async (step, context) => this.startNew(step.id, context),
      'arm-new': async (step, { engine, intent }) =>
        setPolicy(engine, step.id, intent.old.restartPolicy),
      'disarm-old': async (step, { engine }) => setPolicy(engine, step.id, NEVER_RESTART),
      'verify-new': async (step, context) => this.verifyNew(step.id, context),
      'watch-new': async (step, context) => this.watchNew(step.id, context),
      'remove-old': async (step, { engine, observation }) =>
        removeStopped(engine, step.id, observation),
      'remove-twin': async (step, { engine, observation }) =>
        removeStopped(engine, step.id, observation),
      'stop-new': async (step, { engine, intent, observation }) => {
        // The log of a container that was run with --rm is lost when it ends.
        const isGoing = observation.snapshot.candidate?.autoRemove === true;
        const early = isGoing ? await logTail(engine, step.id, intent) : null;
        await stopAndSettle(engine, step.id, observation);
        return { patch: early ?? (await logTail(engine, step.id, intent)) };
      },
      'disarm-new': async (step, { engine }) => setPolicy(engine, step.id, NEVER_RESTART),
      'set-aside-new': async (step, { engine, intent }) => {
        const patch = await logTail(engine, step.id, intent);
        await engine.rename(step.id, rolloutNames(intent.container).failed);
        return { patch };
      },
      'recreate-old': async (_step, { engine, intent }) => {
        await this.maker.createTwin(engine, intent);
        return {};
      },
      'return-name': async (step, { engine, intent }) => {
        await engine.rename(step.id, intent.container);
        return {};
      },
      'rearm-old': async (step, { engine, intent }) =>
        setPolicy(engine, step.id, intent.old.restartPolicy),
      'start-old': async (step, { engine, intent }) => {
        const record = intent.old.record as Replacement | null;
        if (record !== null && step.id !== intent.old.id) {
          await connectFurther(engine, step.id, record);
        }
        await engine.start(step.id);
        // It may have gone down after it became healthy: then it has to become healthy again.
        return { patch: { restoredAt: null } };
      },
      'verify-old': async (step, context) => this.verifyOld(step.id, context),
      'restore-tag': async (_step, { engine, intent }) => {
        await this.maker.restoreTag(engine, intent);
        return { patch: { tagRestored: true } };
      },
      'remove-new': async (step, { engine, intent, observation }) => {
        const patch = await logTail(engine, step.id, intent);
        await removeStopped(engine, step.id, observation);
        return { patch };
      },
      'run-before-hook': async (step, context) => this.hooks.run(step, context),
      'run-after-hook': async (step, context) => this.hooks.run(step, context),
      'run-failure-hook': async (step, context) => this.hooks.run(step, context),
      'remove-hook': async (step, { engine }) => removeHook(step.id, engine),
    };
  }

  private async startNew(id: string, context: StepContext): Promise<StepResult> {
    const { engine, intent, observation } = context;
    await engine.start(id);
    const { candidate } = observation.snapshot;
    // At once: the application may need its neighbours while it boots.
    const isParked = candidate !== null && isWaiting(candidate, intent);
    if (isParked && intent.waiting?.kind === 'macvlan') await attachWithoutNames(id, context);
    return { patch: { verifiedAt: null, watchedAt: null }, refresh: 'known' };
  }

  /** Keeps watching a healthy new container while the old one is at hand. */
  private async watchNew(id: string, context: StepContext): Promise<StepResult> {
    const outcome = await watch(id, context, {
      passedAt: await switchedAt(context),
      stableForMs: context.intent.watchMs,
    });
    if (outcome.kind === 'interrupted') return { interrupted: true };
    if (outcome.kind === 'passed') return { patch: { watchedAt: outcome.healthyAt } };
    return { failure: outcome, patch: await logTail(context.engine, id, context.intent) };
  }

  private async verifyNew(id: string, context: StepContext): Promise<StepResult> {
    const outcome = await watch(id, context);
    if (outcome.kind === 'interrupted') return { interrupted: true };
    if (outcome.kind === 'passed') return { patch: { verifiedAt: outcome.healthyAt } };
    return { failure: outcome, patch: await logTail(context.engine, id, context.intent) };
  }

  private async verifyOld(id: string, context: StepContext): Promise<StepResult> {
    const { reconnectedAt } = context.intent;
    const outcome = await watch(id, context, {
      reconnectedAt: reconnectedAt === null ? null : Date.parse(reconnectedAt),
    });
    if (outcome.kind === 'interrupted') return { interrupted: true };
    if (outcome.kind === 'passed') return { patch: { restoredAt: outcome.healthyAt } };
    return { patch: { restoreFailed: `the old container was started, but ${outcome.message}` } };
  }
}

async function removeHook(id: string, engine: EngineClient): Promise<StepResult> {
  await engine.hooks.remove(id);
  return {};
}

/**
 * Since when the new container has served alone, in milliseconds of the engine's clock: since it became healthy, the old
 * one ended or it got the ports, whichever came last. If the journal lost the time of a handover, now counts: a watch
 * that is too long does no harm.
 */
async function switchedAt({ engine, intent, observation }: StepContext): Promise<number> {
  const isLost = intent.strategy === 'handover' && intent.reconnectedAt === null;
  if (isLost) return engine.now();
  const proved = later(intent.reconnectedAt, intent.verifiedAt);
  return Date.parse(later(proved, observation.snapshot.old?.finishedAt ?? null) ?? '');
}

function watch(
  id: string,
  { engine, intent, observation, signal }: StepContext,
  options: WatchOptions = {},
): Promise<GateOutcome> {
  return watchHealth(engine, id, intent, observation.snapshot.epoch, signal, options);
}

async function setPolicy(
  engine: EngineClient,
  id: string,
  policy: RestartPolicy,
): Promise<StepResult> {
  await engine.setRestartPolicy(id, policy);
  return {};
}
