import { Module } from '@nestjs/common';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsService } from './metrics.service.js';

/** Health and metrics. */
@Module({
  imports: [DeploymentsModule],
  controllers: [HealthController, MetricsController],
  providers: [MetricsServer, MetricsService],
})
export class OperationsModule {}
