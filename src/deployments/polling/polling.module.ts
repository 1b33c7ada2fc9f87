import { Module } from '@nestjs/common';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { RegistriesModule } from '../../registries/registries.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { PollCounters } from './poll-counters.js';
import { PollDeployments } from './poll-deployments.js';
import { PollSchedule } from './poll-schedule.js';
import { Poller } from './poller.js';
import { RegistryAsker } from './registry-answers.js';
import { ServicePoll } from './service-poll.js';

/** Asks registries for what no webhook reported. */
@Module({
  imports: [EnvironmentsModule, RegistriesModule, LifecycleModule, QueueModule],
  providers: [PollCounters, PollDeployments, PollSchedule, Poller, RegistryAsker, ServicePoll],
  exports: [PollCounters],
})
export class PollingModule {}
