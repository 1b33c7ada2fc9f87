import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { Sources } from './sources/sources.js';
import { WebhookAuthentication } from './webhook-authentication.js';
import { WebhookController } from './webhook.controller.js';

/** Receives the deliveries of registries. */
@Module({
  imports: [AccessModule, DeploymentsModule],
  controllers: [WebhookController],
  providers: [Sources, WebhookAuthentication],
})
export class WebhooksModule {}
