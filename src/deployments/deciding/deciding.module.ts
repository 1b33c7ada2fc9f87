import { Module } from '@nestjs/common';
import { DockerModule } from '../../docker/docker.module.js';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { HandlersModule } from '../../handlers/handlers.module.js';
import { RegistriesModule } from '../../registries/registries.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { LocksModule } from '../locks/locks.module.js';
import { OutcomeModule } from '../outcome/outcome.module.js';
import { Admission } from './admission.js';
import { DeploymentHandlers } from './deployment-handlers.js';
import { DeploymentResolver } from './deployment-resolver.js';
import { DigestLookup, LookupSchedule } from './digest-lookup.js';
import { EngineGate } from './engine-gate.js';
import { GroupConductor } from './group-conductor.js';
import { GroupGathering } from './group-gathering.js';
import { Holds } from './holds.js';
import { TagRecheck } from './tag-recheck.js';

/** Which digest a deployment is of, and whether it may start. */
@Module({
  imports: [
    DockerModule,
    EnvironmentsModule,
    HandlersModule,
    RegistriesModule,
    LifecycleModule,
    LocksModule,
    OutcomeModule,
  ],
  providers: [
    Admission,
    DeploymentHandlers,
    DeploymentResolver,
    DigestLookup,
    EngineGate,
    GroupConductor,
    GroupGathering,
    Holds,
    LookupSchedule,
    TagRecheck,
  ],
  exports: [Admission, DeploymentHandlers, DeploymentResolver],
})
export class DecidingModule {}
