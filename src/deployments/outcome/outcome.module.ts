import { Module } from '@nestjs/common';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import { Promotions } from './promotions.js';

/** How deployments end, and what that leads to. */
@Module({
  imports: [EnvironmentsModule, LifecycleModule],
  providers: [OutcomeRecorder, Promotions],
  exports: [OutcomeRecorder, Promotions],
})
export class OutcomeModule {}
