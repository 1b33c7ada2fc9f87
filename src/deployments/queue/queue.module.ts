import { Module } from '@nestjs/common';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { DecidingModule } from '../deciding/deciding.module.js';
import { RecoveryModule } from '../recovery/recovery.module.js';
import { RolloutModule } from '../rollout/rollout.module.js';
import { Reconcilers } from './reconcilers.js';
import { Worker } from './worker.js';

/** What is to be done next, service by service. */
@Module({
  imports: [EnvironmentsModule, DecidingModule, RecoveryModule, RolloutModule],
  providers: [Reconcilers, Worker],
  exports: [Reconcilers],
})
export class QueueModule {}
