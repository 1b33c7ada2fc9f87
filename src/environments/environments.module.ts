import { Module } from '@nestjs/common';
import { DockerModule } from '../docker/docker.module.js';
import { EnvironmentsService } from './environments.service.js';
import { PolicyService } from './policy.service.js';
import { ServiceInspector } from './service-inspector.js';

/** What is configured for each environment, what its policy says and what runs in it. */
@Module({
  imports: [DockerModule],
  providers: [EnvironmentsService, PolicyService, ServiceInspector],
  exports: [EnvironmentsService, PolicyService, ServiceInspector],
})
export class EnvironmentsModule {}
