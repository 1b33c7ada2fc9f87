import { Module } from '@nestjs/common';
import { DockerModule } from '../../docker/docker.module.js';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { RegistriesModule } from '../../registries/registries.module.js';
import { PreparingModule } from '../rollout/preparing/preparing.module.js';
import { Explainer } from './explainer.js';
import { Planner } from './planner.js';
import { StatusService } from './status.service.js';

/** What is, and what would be. Nothing here changes anything. */
@Module({
  imports: [DockerModule, EnvironmentsModule, RegistriesModule, PreparingModule],
  providers: [Explainer, Planner, StatusService],
  exports: [Explainer, Planner, StatusService],
})
export class StatusModule {}
