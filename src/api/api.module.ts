import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeploymentLogController } from './deployment-log.controller.js';
import { DeploymentsController } from './deployments.controller.js';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { EnvironmentsController } from './environments.controller.js';
import { EventStreams } from './streams/event-streams.js';
import { EventsController } from './events.controller.js';
import { QuarantineController } from './quarantine.controller.js';

/** The REST API: docs/api.md. */
@Module({
  imports: [DeploymentsModule],
  controllers: [
    EnvironmentsController,
    DeploymentsController,
    DeploymentLogController,
    DeliveriesController,
    EventsController,
    QuarantineController,
    AuditController,
  ],
  providers: [EventStreams],
  exports: [EventStreams],
})
export class ApiModule {}
