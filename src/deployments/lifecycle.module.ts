import { Module } from '@nestjs/common';
import { DeploymentLifecycle } from './deployment-lifecycle.js';
import { DeploymentLog } from './deployment-log.js';

/** What becomes of deployments, and their logs. */
@Module({
  providers: [DeploymentLog, DeploymentLifecycle],
  exports: [DeploymentLog, DeploymentLifecycle],
})
export class LifecycleModule {}
