import { Module } from '@nestjs/common';
import { ActionsModule } from './actions/actions.module.js';
import { IntakeModule } from './intake/intake.module.js';
import { PollingModule } from './polling/polling.module.js';
import { PruningModule } from './pruning/pruning.module.js';
import { StatusModule } from './status/status.module.js';

/** The heart: from an accepted delivery to a verified container. Each room has a module of its own. */
@Module({
  imports: [IntakeModule, ActionsModule, StatusModule, PollingModule, PruningModule],
  exports: [IntakeModule, ActionsModule, StatusModule, PollingModule, PruningModule],
})
export class DeploymentsModule {}
