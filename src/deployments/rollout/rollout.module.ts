import { Module } from '@nestjs/common';
import { DockerModule } from '../../docker/docker.module.js';
import { OutgoingModule } from '../../outgoing/outgoing.module.js';
import { RegistriesModule } from '../../registries/registries.module.js';
import { DecidingModule } from '../deciding/deciding.module.js';
import { LifecycleModule } from '../lifecycle.module.js';
import { OutcomeModule } from '../outcome/outcome.module.js';
import { Journal } from './journal/journal.js';
import { PreparingModule } from './preparing/preparing.module.js';
import { RolloutRunner } from './rollout-runner.js';
import { Rollout } from './rollout.js';
import { StepRunner } from './step-runner.js';
import { ContainerMaker } from './steps/container-maker.js';
import { HookRunner } from './steps/hooks/hook-runner.js';
import { ImagePuller } from './steps/image-puller.js';
import { StepExecutor } from './steps/step-executor.js';
import { WaitingNetworks } from './steps/waiting-networks.js';

/** Replaces containers, step by step. */
@Module({
  imports: [
    DockerModule,
    OutgoingModule,
    RegistriesModule,
    DecidingModule,
    LifecycleModule,
    OutcomeModule,
    PreparingModule,
  ],
  providers: [
    ContainerMaker,
    HookRunner,
    ImagePuller,
    Journal,
    Rollout,
    RolloutRunner,
    StepExecutor,
    StepRunner,
    WaitingNetworks,
  ],
  exports: [RolloutRunner],
})
export class RolloutModule {}
