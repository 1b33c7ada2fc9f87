import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { WebhookAuthentication } from './webhook-authentication.js';
import { WebhookController } from './webhook.controller.js';

/** Where pushes come in. */
@Module({
  imports: [AccessModule, DeploymentsModule],
  controllers: [WebhookController],
  providers: [WebhookAuthentication],
})
export class WebhooksModule {}
