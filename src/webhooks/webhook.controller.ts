import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Public } from '../access/requires.decorator.js';
import { senderAddress } from '../access/sender-address.js';
import { ThrottledAsWebhook } from '../access/throttle.guard.js';
import type { Delivery, DeliveryOutcome } from '../domain/deployment/delivery.js';
import { DeliveryService } from '../deployments/intake/delivery.service.js';
import { keptHeaders } from './kept-headers.js';
import { rawBody } from './raw-body.js';
import { readBody } from './read-body.js';
import { WebhookAuthentication } from './webhook-authentication.js';

/** The answer to every authenticated delivery (CONTRACT section 3). */
interface Receipt {
  readonly delivery: string;
  readonly outcome: DeliveryOutcome;
  readonly reason: string;
  readonly deployments: readonly string[];
}

/**
 * Where registries tell of pushes. Anyone may knock: `ThrottleGuard` counts first, then the secret and the
 * sender's address decide, and only then is the body read. What an authenticated sender says is answered
 * 202 whatever it is, after it is on disk.
 */
@Controller('webhooks')
@Public()
@ThrottledAsWebhook()
export class WebhookController {
  constructor(
    private readonly authentication: WebhookAuthentication,
    private readonly deliveries: DeliveryService,
  ) {}

  @Post(':name/:secret')
  @HttpCode(202)
  async receive(
    @Param('name') name: string,
    @Param('secret') secret: string,
    @Req() request: Request,
  ): Promise<Receipt> {
    const receivedAt = new Date().toISOString();
    const webhook = this.authentication.authenticate(name, secret, request);
    const body = await rawBody(request);
    const delivery = await this.deliveries.accept({
      webhook,
      from: senderAddress(request),
      receivedAt,
      headers: keptHeaders(request.headers, secret),
      body: body.bytes,
      parsed: readBody(body, webhook),
      // Docker Hub sends no id: identical bytes within ten minutes are what counts there.
      senderDeliveryId: null,
    });
    return receiptOf(delivery);
  }

  /** For senders that sign or send a header. No supported type does, so it answers as for an unknown name. */
  @Post(':name')
  @HttpCode(202)
  async receiveSigned(@Param('name') name: string, @Req() request: Request): Promise<Receipt> {
    return this.receive(name, '', request);
  }
}

function receiptOf(delivery: Delivery): Receipt {
  const { id, outcome, reason, deployments } = delivery;
  return { delivery: id, outcome, reason: reason ?? '', deployments };
}
