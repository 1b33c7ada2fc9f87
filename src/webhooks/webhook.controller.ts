import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Public } from '../access/requires.decorator.js';
import { senderAddress } from '../access/sender-address.js';
import { ThrottledAsWebhook } from '../access/throttle.guard.js';
import type { Delivery, DeliveryOutcome } from '../domain/deployment/delivery.js';
import { DeliveryService } from '../deployments/intake/delivery.service.js';
import { keptHeaders } from './kept-headers.js';
import { readDelivery } from './read-delivery.js';
import { RequestBody } from './request-body.js';
import { WebhookAuthentication, type Addressed } from './webhook-authentication.js';

/** The answer to every authenticated delivery: docs/webhooks.md#answers. */
interface Receipt {
  readonly delivery: string;
  readonly outcome: DeliveryOutcome;
  readonly reason: string;
  readonly deployments: readonly string[];
}

/**
 * Receives deliveries from registries. Anyone may send: `ThrottleGuard` counts first, then the sender's
 * proof and its address are checked, and the body is not read earlier than that needs. An authenticated
 * delivery is answered 202 whatever it says, once it is on disk.
 */
@Controller('webhooks')
@Public()
@ThrottledAsWebhook()
export class WebhookController {
  constructor(
    private readonly authentication: WebhookAuthentication,
    private readonly deliveries: DeliveryService,
  ) {}

  /** For senders that can only be given an address. */
  @Post(':name/:secret')
  @HttpCode(202)
  receive(
    @Param('name') name: string,
    @Param('secret') pathSecret: string,
    @Req() request: Request,
  ): Promise<Receipt> {
    return this.accept({ name, pathSecret }, request);
  }

  /** For senders that sign or send a header. */
  @Post(':name')
  @HttpCode(202)
  receiveSigned(@Param('name') name: string, @Req() request: Request): Promise<Receipt> {
    return this.accept({ name, pathSecret: null }, request);
  }

  private async accept(addressed: Addressed, request: Request): Promise<Receipt> {
    const receivedAt = new Date().toISOString();
    const body = new RequestBody(request);
    const sender = await this.authentication.authenticate(addressed, request, body);
    const decoded = await body.decoded();
    const delivery = await this.deliveries.accept({
      webhook: sender.webhook,
      from: senderAddress(request),
      receivedAt,
      headers: keptHeaders(request.headers, sender.webhook.secrets),
      body: decoded.bytes,
      ...readDelivery(sender, request.headers, decoded),
    });
    return receiptOf(delivery);
  }
}

function receiptOf({ id, outcome, reason, deployments }: Delivery): Receipt {
  return { delivery: id, outcome, reason: reason ?? '', deployments };
}
