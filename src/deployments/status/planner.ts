import { Injectable } from '@nestjs/common';
import { alreadyRunning } from '../../domain/policy/reasons.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { DependentIntent } from '../../domain/rollout/dependents.js';
import type { Service } from '../../domain/settings/environment.js';
import type { RolloutSettings } from '../../domain/settings/rollout-settings.js';
import { DeployError } from '../../domain/errors.js';
import { simulateRollout } from '../../domain/rollout/plan/simulate.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { isDecision } from '../../domain/rollout/step.js';
import { describeStep } from '../../domain/rollout/plan/describe-step.js';
import { waitingReason } from '../../domain/deployment/waiting-reason.js';
import { Engines } from '../../docker/client/engines.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { INTERACTIVE_LOOKUP_MS, RegistryClient } from '../../registries/registry-client.js';
import { Storage } from '../../storage/storage.js';
import { observe } from '../rollout/observer.js';
import { RolloutPreparation } from '../rollout/preparing/preparation.js';
import { ServiceInspector, type RunningView } from '../../environments/service-inspector.js';

/** How many earlier deployments are considered for the expected downtime. */
const DOWNTIME_SAMPLES = 10;

interface Version {
  readonly tag: string | null;
  readonly digest: string | null;
}

/** The plan of a dry run, as the API shows it. */
export interface PlanView {
  /** The strategy that would be used; as configured if nothing would be done. */
  readonly strategy: RolloutSettings['strategy'];
  /** Why that strategy; null if nothing would be done. */
  readonly strategyReason: string | null;
  readonly from: Version | null;
  readonly to: Version;
  readonly steps: readonly { readonly name: string; readonly description: string }[];
  readonly differences: readonly string[];
  /** Containers that depend on this one, in the order in which they would be brought up. */
  readonly dependents: readonly Pick<DependentIntent, 'name' | 'by' | 'does'>[];
  /** Median of the last successful deployments with that strategy; null if there was none. */
  readonly expectedDowntimeMs: number | null;
  /** Why nothing would be done; null if something would. */
  readonly reason: string | null;
}

/** Plans a deployment without doing it: the real decisions on the real state of the engine. */
@Injectable()
export class Planner {
  constructor(
    private readonly storage: Storage,
    private readonly engines: Engines,
    private readonly environments: EnvironmentsService,
    private readonly registry: RegistryClient,
    private readonly preparation: RolloutPreparation,
    private readonly inspector: ServiceInspector,
  ) {}

  /** @throws DeployError with the code with which the deployment would fail before anything is touched. */
  async plan(wanted: Deployment, service: Service): Promise<PlanView> {
    const digest = wanted.digest ?? (await this.lookUp(wanted));
    const { running, digests } = await this.inspector.inspect(service);
    const view = {
      strategy: service.rollout.strategy,
      strategyReason: null,
      from: versionOf(running),
      to: { tag: wanted.tag, digest },
      differences: [],
      dependents: [],
      expectedDowntimeMs: 0,
    };
    const reason = await this.whyNot({ ...wanted, digest }, service, digests, running?.tag ?? null);
    return reason === null
      ? this.rollout({ ...wanted, digest }, service)
      : { ...view, steps: [], reason };
  }

  /**
   * What the rollout of an admitted digest would do now.
   * @throws DeployError with the code with which it would fail before anything is touched.
   */
  async rollout(
    wanted: Deployment & { readonly digest: string },
    service: Service,
  ): Promise<PlanView> {
    const { running } = await this.inspector.inspect(service);
    const { intent, basis, strategyReason } = await this.preparation.prepare(wanted, service);
    const engine = this.engines.get(service.engine);
    const { snapshot } = await observe(engine, intent, this.storage.instanceId, basis);
    const steps = simulateRollout(snapshot, intent);
    const last = steps.at(-1);
    if (last?.name === 'give-up') throw new DeployError(last.code, last.message);
    return {
      from: versionOf(running),
      to: { tag: wanted.tag, digest: wanted.digest },
      differences: [],
      strategy: intent.strategy,
      strategyReason,
      dependents: intent.dependents.map(({ name, by, does }) => ({ name, by, does })),
      expectedDowntimeMs: await this.expectedDowntime(service, intent),
      steps: steps
        .filter((step) => !isDecision(step))
        .map((step) => ({ name: step.name, description: describeStep(step, intent) })),
      reason: null,
    };
  }

  private async lookUp({ image, tag }: Deployment): Promise<string> {
    const signal = AbortSignal.timeout(INTERACTIVE_LOOKUP_MS);
    return (await this.registry.resolveDigest(image, tag, signal)).digest;
  }

  private async whyNot(
    wanted: Deployment & { readonly digest: string },
    service: Service,
    running: readonly string[],
    runningTag: string | null,
  ): Promise<string | null> {
    if (!wanted.force && running.includes(wanted.digest)) {
      return alreadyRunning(wanted.digest);
    }
    const facts = { currentTag: runningTag, promotion: null };
    const now = Date.now();
    const decision = await this.environments.decide(wanted, service, facts, now);
    if (decision.kind === 'go') return null;
    const notBefore = decision.kind === 'wait' ? decision.until : null;
    return waitingReason({ phase: 'waiting', reason: decision.reason, notBefore }, now);
  }

  private async expectedDowntime(
    { environment, name }: Service,
    { strategy }: RolloutIntent,
  ): Promise<number | null> {
    const last = await this.storage.deployments.succeeded(environment, name, DOWNTIME_SAMPLES);
    const samples = last
      .filter((each) => each.strategy === strategy)
      .map((each) => each.downtimeMs)
      .filter((each) => each !== null)
      .sort((left, right) => left - right);
    // With start-first both run at once: no downtime is expected.
    const expected = strategy === 'start-first' ? 0 : null;
    return samples[Math.floor(samples.length / 2)] ?? expected;
  }
}

function versionOf(running: RunningView | null): Version | null {
  return running && { tag: running.tag, digest: running.digest };
}
