import { Module } from '@nestjs/common';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { OutcomeModule } from '../outcome/outcome.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { StatusModule } from '../status/status.module.js';
import { ApprovalService } from './approval.service.js';
import { DeploymentService } from './deployment.service.js';
import { FreezeService } from './freeze.service.js';
import { ManualDeployments } from './manual-deployments.js';
import { QuarantineService } from './quarantine.service.js';
import { RollbackService } from './rollback.service.js';
import { RollbackTargets } from './rollback-targets.js';

/** What people do to deployments and environments. */
@Module({
  imports: [EnvironmentsModule, LifecycleModule, OutcomeModule, QueueModule, StatusModule],
  providers: [
    ApprovalService,
    DeploymentService,
    FreezeService,
    ManualDeployments,
    QuarantineService,
    RollbackService,
    RollbackTargets,
  ],
  exports: [ApprovalService, DeploymentService, FreezeService, QuarantineService, RollbackService],
})
export class ActionsModule {}
