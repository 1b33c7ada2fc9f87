import { Injectable, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  ThrottlerStorage,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
} from '@nestjs/throttler';
import type { Request } from 'express';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Limit } from '../domain/settings/configuration.js';
import { DeployError } from '../domain/errors.js';
import { Authenticator } from './authenticator.js';
import { ROUTE_ACCESS } from './requires.decorator.js';
import { senderNetwork } from './sender-address.js';

const THROTTLED_BY = 'deploy:throttled-by';

/** The route counts towards `server.throttle.webhook` instead of `server.throttle.api`. */
export const ThrottledAsWebhook = (): MethodDecorator & ClassDecorator =>
  SetMetadata(THROTTLED_BY, 'webhook');

/**
 * Counts every request before anything else is done with it: webhooks per webhook name and sender, all
 * others per token, or else per sender. The limits are read from the configuration at each request.
 */
@Injectable()
export class ThrottleGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly configuration: ConfigurationService,
    private readonly authenticator: Authenticator,
  ) {
    super(options, storage, reflector);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isWebhook = this.isWebhook(context);
    const { limit, perMs } = this.limitOf(isWebhook ? 'webhook' : 'api');
    if (limit === 0) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const key = isWebhook ? this.webhookKey(request) : await this.apiKey(request, context);
    const record = await this.storageService.increment(key, perMs, limit, 0, 'deploy');
    if (record.isBlocked) {
      const detail = { ...record, key, limit, ttl: perMs, tracker: key };
      await this.throwThrottlingException(context, detail);
    }
    return true;
  }

  protected isWebhook(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<unknown>(THROTTLED_BY, places) === 'webhook';
  }

  protected limitOf(name: 'webhook' | 'api'): Limit {
    return this.configuration.current().throttle[name];
  }

  /** Unknown names share one count: a sender cannot create keys by inventing names. */
  protected webhookKey(request: Request): string {
    const { name } = request.params;
    const isKnown = this.configuration.current().webhooks.some((webhook) => webhook.name === name);
    return `webhook|${isKnown ? String(name) : '?'}|${senderNetwork(request)}`;
  }

  /** A public route requires no token, so none is checked, and a wrong one does no harm. */
  protected async apiKey(request: Request, context: ExecutionContext): Promise<string> {
    const places = [context.getHandler(), context.getClass()];
    const isPublic = this.reflector.getAllAndOverride<unknown>(ROUTE_ACCESS, places) === 'public';
    const identity = isPublic ? null : await this.authenticator.identify(request);
    return identity?.kind === 'known'
      ? `token|${identity.principal.name}`
      : `api|${senderNetwork(request)}`;
  }

  /** The same message whatever was counted: it must not reveal which webhook names exist. */
  protected override throwThrottlingException(
    _context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new DeployError('throttled', 'too many requests; try again later', {
      retryAfterMs: detail.timeToBlockExpire * 1000,
    });
  }
}
