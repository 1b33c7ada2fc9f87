import { Module } from '@nestjs/common';
import { DockerModule } from '../../../docker/docker.module.js';
import { LifecycleModule } from '../../lifecycle.module.js';
import { LocksModule } from '../../locks/locks.module.js';
import { ClaimedPreparation } from './claimed-preparation.js';
import { RolloutPreparation } from './preparation.js';

/** From a deployment to the intent of its rollout. */
@Module({
  imports: [DockerModule, LifecycleModule, LocksModule],
  providers: [ClaimedPreparation, RolloutPreparation],
  exports: [ClaimedPreparation, RolloutPreparation],
})
export class PreparingModule {}
