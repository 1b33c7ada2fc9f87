import { Injectable } from '@nestjs/common';
import { ConfigurationService } from '../../config/configuration.service.js';
import type { Delivery } from '../../domain/deployment/delivery.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service, Webhook } from '../../domain/settings/environment.js';
import { messageOf } from '../../domain/errors.js';
import type { PolicyDecision } from '../../domain/policy/policy.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import type { Step } from '../../domain/rollout/step.js';
import {
  HandlerService,
  type HandlerDecision,
  type RolloutVerdict,
} from '../../handlers/handler.service.js';
import { Storage } from '../../storage/storage.js';
import type { Hold } from '../deployment-changes.js';
import { DeploymentLog, type LogLevel } from '../deployment-log.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import type { ResolveControls } from './digest-lookup.js';

/** So often it is seen whether the configuration was read again, in milliseconds. */
const LONGEST_PAUSE_MS = 5_000;
const ASKS_THE_REGISTRY = {
  waitingFor: 'registry',
  reason: 'asks the registry which digest the tag has now',
} as const;

/** Asks handlers about deployments, and keeps what they say with those. */
@Injectable()
export class DeploymentHandlers {
  constructor(
    private readonly storage: Storage,
    private readonly configuration: ConfigurationService,
    private readonly handlers: HandlerService,
    private readonly lifecycle: DeploymentLifecycle,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Asks about the push that made a deployment, for as long as the handler cannot say.
   * @returns false where the deployment has ended with that.
   * @throws the signal's reason when aborted; storage errors.
   */
  async letPushGo(
    deployment: Deployment,
    service: Service,
    { wait, signal }: ResolveControls,
  ): Promise<boolean> {
    const pushed = await this.pushOf(deployment, service);
    if (pushed === null) return true;
    const { delivery, webhook } = pushed;
    const say = this.sayingTo(deployment);
    for (let last: HandlerDecision | null = null; ;) {
      const decision = await this.handlers.onPush(deployment, delivery, service, webhook, say);
      signal.throwIfAborted();
      switch (decision.kind) {
        case 'go':
          if (last !== null) await this.hold(deployment, ASKS_THE_REGISTRY, null);
          return true;
        case 'skip':
        case 'expire':
          await this.endPush(deployment, delivery, decision);
          return false;
        case 'wait':
          if (decision !== last) {
            const { until: notBefore, reason } = decision;
            await this.hold(deployment, { waitingFor: 'handler', notBefore, reason }, 'warn');
          }
          last = decision;
          await wait(
            Math.max(0, Math.min(LONGEST_PAUSE_MS, Date.parse(decision.until) - Date.now())),
          );
      }
    }
  }

  /** What the handler says to a deployment that the policy lets go. */
  async decide(deployment: Deployment, service: Service): Promise<PolicyDecision> {
    const decision = await this.handlers.decide(deployment, service, this.sayingTo(deployment));
    if (decision.kind !== 'wait') return decision;
    return { ...decision, for: 'handler', expiresAt: null };
  }

  /** What the handler says to a rollout that is prepared. */
  beforeRollout(
    deployment: Deployment,
    plan: { readonly intent: RolloutIntent; readonly steps: readonly Step[] },
    service: Service,
  ): Promise<RolloutVerdict> {
    return this.handlers.beforeRollout(deployment, plan, service, this.sayingTo(deployment));
  }

  /** Notifies the handler of a rollout whose end is stored. Never throws. */
  async afterRollout({ id }: Deployment, service: Service): Promise<void> {
    if (service.handler === null) return;
    const say = this.sayingTo({ id, environment: service.environment, service: service.name });
    try {
      const deployment = await this.storage.deployments.get(id);
      if (deployment !== null) await this.handlers.afterRollout(deployment, service, say);
    } catch (error) {
      say('error', `the handler could not be notified of the end: ${messageOf(error)}`);
    }
  }

  /** The push that made a deployment and the webhook it came through; null if no handler is asked about it. */
  private async pushOf(
    { trigger, digest }: Deployment,
    service: Service,
  ): Promise<{ readonly delivery: Delivery; readonly webhook: Webhook | null } | null> {
    if (trigger.kind !== 'webhook' || trigger.delivery === null || digest !== null) return null;
    const { webhooks } = this.configuration.current();
    const webhook = webhooks.find(({ name }) => name === trigger.by) ?? null;
    if (!this.handlers.hearsOfPushes(service, webhook)) return null;
    const delivery = await this.storage.deliveries.get(trigger.delivery);
    return delivery && { delivery, webhook };
  }

  private async hold({ id }: Deployment, hold: Hold, level: LogLevel | null): Promise<void> {
    await this.lifecycle.change(async (changes) => {
      const now = await changes.stored.deployments.get(id);
      // Somebody may have ended it meanwhile.
      if (now?.phase === 'waiting') await changes.hold(id, hold, level);
    });
  }

  private async endPush(
    { id, environment, service }: Deployment,
    delivery: Delivery,
    { kind, reason }: Extract<HandlerDecision, { kind: 'skip' | 'expire' }>,
  ): Promise<void> {
    await this.lifecycle.change(async (changes) => {
      const ended =
        kind === 'skip'
          ? await changes.skip(id, reason)
          : await changes.expire(id, reason, 'error');
      if (ended === null) return;
      await changes.stored.deliveries.explain(delivery.id, `${environment}/${service}: ${reason}`);
    });
  }

  private sayingTo(
    subject: Pick<Deployment, 'id' | 'environment' | 'service'>,
  ): (level: LogLevel, text: string) => void {
    return (level, text) => void this.log.append(subject, level, text);
  }
}
