import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Delivery } from '../domain/deployment/delivery.js';
import type { Deployment } from '../domain/deployment/deployment.js';
import type { HandlerFile, Service, Webhook } from '../domain/settings/environment.js';
import { messageOf } from '../domain/errors.js';
import type { RolloutIntent } from '../domain/rollout/intent.js';
import type { Step } from '../domain/rollout/step.js';
import { FailurePatience, HandlerSchedule } from './failure-patience.js';
import { HandlerFailure, onOneLine } from './handler-failure.js';
import type { Say } from './handler-process.js';
import { HandlerRunners } from './handler-runners.js';
import { deploymentView, planView, pushView, resultView } from './handler-views.js';
import type { Choice, HandlerFunction } from './protocol.js';

/** A handler's decision, or what follows from its failure. `until` (RFC 3339, UTC) completes the reason of a wait. */
export type HandlerDecision =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly until: string; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
  /** It has kept failing for too long. */
  | { readonly kind: 'expire'; readonly reason: string };

/** A handler's answer right before a rollout. */
export type RolloutVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'fail'; readonly failure: HandlerFailure };

type Wait = Extract<HandlerDecision, { kind: 'wait' }>;

const GO = { kind: 'go' } as const;

/**
 * Asks the handlers that the configuration names. A missing answer never counts as a yes: if its handler fails,
 * a deployment waits, and the handler is asked again with growing pauses.
 *
 * `say` takes the handler's output for the log of the deployment in question.
 */
@Injectable()
export class HandlerService implements OnModuleDestroy {
  readonly #patience: FailurePatience;
  /** Current waits, by function and deployment: the handler is not asked again before a wait is over. */
  readonly #waits = new Map<string, { readonly wait: Wait; readonly generation: number }>();

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly runners: HandlerRunners,
    @Inject(HandlerSchedule) schedule: HandlerSchedule,
  ) {
    this.#patience = new FailurePatience(schedule);
  }

  async onModuleDestroy(): Promise<void> {
    await this.runners.close('the server stops');
  }

  /** Whether any handler would be asked about a push. */
  hearsOfPushes(service: Service, webhook: Webhook | null): boolean {
    return service.handler !== null || (webhook?.handler ?? null) !== null;
  }

  /** Asks about a push: first the webhook's handler, then the service's. */
  async onPush(
    deployment: Deployment,
    delivery: Pick<Delivery, 'id' | 'webhook' | 'receivedAt' | 'pushes'>,
    service: Service,
    webhook: Webhook | null,
    say: Say,
  ): Promise<HandlerDecision> {
    const first = webhook?.handler ?? null;
    const second = service.handler?.path === first?.path ? null : service.handler;
    const push = pushView(deployment, delivery);
    for (const file of [first, second]) {
      const decision = await this.ask(file, 'onPush', push, deployment, say);
      if (decision.kind !== 'go') return decision;
    }
    return GO;
  }

  /** Asks whether a deployment that the policy allows may start. Manual orders that override it are not asked about. */
  async decide(deployment: Deployment, service: Service, say: Say): Promise<HandlerDecision> {
    if (isOverriding(deployment)) return GO;
    return this.ask(service.handler, 'decide', deploymentView(deployment), deployment, say);
  }

  /** Asks whether a prepared rollout may begin. A manual order that overrides the handler begins in any case. */
  async beforeRollout(
    deployment: Deployment,
    { intent, steps }: { readonly intent: RolloutIntent; readonly steps: readonly Step[] },
    service: Service,
    say: Say,
  ): Promise<RolloutVerdict> {
    const plan = planView(deployment, intent, steps);
    const verdict = await this.verdict(service.handler, plan, say);
    if (verdict.kind === 'go' || !isOverriding(deployment)) return verdict;
    const why = verdict.kind === 'skip' ? verdict.reason : verdict.failure.message;
    say('warn', `${why}; goes on all the same, because it was started manually`);
    return GO;
  }

  /** Reports the end of a rollout. Never throws: a failure only becomes a line of the log. */
  async afterRollout(ended: Deployment, service: Service, say: Say): Promise<void> {
    const { handler } = service;
    const result = resultView(ended);
    if (handler === null || result === null) return;
    try {
      await this.call(handler, 'afterRollout', result, say);
    } catch (error) {
      say('error', messageOf(error));
    }
  }

  private async ask(
    file: HandlerFile | null,
    hook: HandlerFunction,
    subject: unknown,
    { id }: Deployment,
    say: Say,
  ): Promise<HandlerDecision> {
    if (file === null) return GO;
    const { generation } = this.runners;
    const key = `${hook} ${id}`;
    const known = this.#waits.get(key);
    const isInForce = known?.generation === generation && Date.now() < Date.parse(known.wait.until);
    if (isInForce) return known.wait;
    this.forgetPastWaits();
    const decision = await this.askNow(file, hook, subject, id, say);
    if (decision.kind === 'wait') this.#waits.set(key, { wait: decision, generation });
    return decision;
  }

  private async askNow(
    file: HandlerFile,
    hook: HandlerFunction,
    subject: unknown,
    id: string,
    say: Say,
  ): Promise<HandlerDecision> {
    try {
      const choice = await this.call(file, hook, subject, say);
      this.#patience.answered(id);
      return decisionOf(choice, file);
    } catch (error) {
      if (!(error instanceof HandlerFailure)) throw error;
      const pauseMs = this.#patience.failed(id);
      if (pauseMs === null) return { kind: 'expire', reason: error.message };
      const until = new Date(Date.now() + pauseMs).toISOString();
      return { kind: 'wait', until, reason: askedAgain(error.message) };
    }
  }

  private forgetPastWaits(): void {
    const now = Date.now();
    for (const [key, { wait }] of this.#waits) {
      if (Date.parse(wait.until) <= now) this.#waits.delete(key);
    }
  }

  private async verdict(file: HandlerFile | null, plan: object, say: Say): Promise<RolloutVerdict> {
    if (file === null) return GO;
    try {
      const choice = await this.call(file, 'beforeRollout', plan, say);
      return choice?.kind === 'skip' ? { kind: 'skip', reason: skipReason(choice, file) } : GO;
    } catch (error) {
      if (!(error instanceof HandlerFailure)) throw error;
      return { kind: 'fail', failure: error };
    }
  }

  private call(
    file: HandlerFile,
    hook: HandlerFunction,
    subject: unknown,
    say: Say,
  ): Promise<Choice | null> {
    const { timeoutMs } = this.configuration.current().handlers;
    return this.runners.of(file).call(hook, subject, timeoutMs, (level, text) => {
      say(level, `${file.name}: ${text}`);
    });
  }
}

/** Manual orders that override handlers: a broken handler must not block a rollback. */
function isOverriding({ trigger, force }: Deployment): boolean {
  return trigger.kind === 'rollback' || force;
}

function decisionOf(choice: Choice | null, file: HandlerFile): HandlerDecision {
  switch (choice?.kind) {
    case undefined:
    case 'deploy':
      return GO;
    case 'skip':
      return { kind: 'skip', reason: skipReason(choice, file) };
    case 'wait': {
      const what = choice.for === null ? 'waits' : `waits for ${choice.for}`;
      const reason = askedAgain(onOneLine(`the handler ${file.name} ${what}: ${choice.reason}`));
      return { kind: 'wait', until: choice.until, reason };
    }
  }
}

/** The time of the next call completes the sentence. */
function askedAgain(why: string): string {
  return `${why}; asked again`;
}

function skipReason({ reason }: { readonly reason: string }, { name }: HandlerFile): string {
  return onOneLine(`the handler ${name} skips it: ${reason}`);
}
