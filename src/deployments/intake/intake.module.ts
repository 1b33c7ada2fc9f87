import { Module } from '@nestjs/common';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { DeliveryService } from './delivery.service.js';

/** Takes deliveries in. */
@Module({
  imports: [EnvironmentsModule, LifecycleModule, QueueModule],
  providers: [DeliveryService],
  exports: [DeliveryService],
})
export class IntakeModule {}
