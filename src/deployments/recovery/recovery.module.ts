import { Module } from '@nestjs/common';
import { DockerModule } from '../../docker/docker.module.js';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { OrphanRecovery } from './orphan-recovery.js';

/** Rollouts that the engine shows and storage does not know. */
@Module({
  imports: [DockerModule, EnvironmentsModule, LifecycleModule],
  providers: [OrphanRecovery],
  exports: [OrphanRecovery],
})
export class RecoveryModule {}
