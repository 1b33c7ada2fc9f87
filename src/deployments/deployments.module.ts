import { Module } from '@nestjs/common';
import { DockerModule } from '../docker/docker.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { HandlersModule } from '../handlers/handlers.module.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { RegistriesModule } from '../registries/registries.module.js';
import { ClaimedPreparation } from './claimed-preparation.js';
import { ContainerClaims } from './container-claims.js';
import { Decisions } from '../environments/decisions.js';
import { DeliveryService } from './delivery.service.js';
import { DeploymentHandlers } from './deployment-handlers.js';
import { DeploymentLog } from './deployment-log.js';
import { DeploymentResolver } from './deployment-resolver.js';
import { DeploymentService } from './deployment.service.js';
import { DigestLookup, LookupSchedule } from './digest-lookup.js';
import { Explainer } from './explainer.js';
import { FreezeService } from './freeze.service.js';
import { GroupConductor } from './groups/group-conductor.js';
import { GroupGathering } from './groups/group-gathering.js';
import { Groups } from './groups/groups.js';
import { RollbackService } from './rollback.service.js';
import { QuarantineService } from './quarantine.service.js';
import { VerdictService } from './verdict.service.js';
import { EngineSlots } from './engine-slots.js';
import { LaneTools } from './lane-tools.js';
import { OrphanRecovery } from './orphan-recovery.js';
import { Planner } from './planner.js';
import { PolicyHolds } from './policy-holds.js';
import { PollDeployments } from './polling/poll-deployments.js';
import { PollLook } from './polling/poll-look.js';
import { PollSchedule } from './polling/poll-schedule.js';
import { PollTally } from './polling/poll-tally.js';
import { Poller } from './polling/poller.js';
import { RegistryAsker } from './polling/registry-asker.js';
import { Promotions } from './promotions.js';
import { ImageTidier } from './pruning/image-tidier.js';
import { PruneSchedule } from './pruning/prune-schedule.js';
import { Pruner } from './pruning/pruner.js';
import { PruningTally } from './pruning/pruning-tally.js';
import { RemovableImages } from './pruning/removable-images.js';
import { RolloutRunner } from './rollout-runner.js';
import { RolloutWitnesses } from './rollout-witnesses.js';
import { ContainerMaker } from './rollout/container-maker.js';
import { HookRunner } from './rollout/hook-runner.js';
import { ImagePuller } from './rollout/image-puller.js';
import { Journal } from './rollout/journal.js';
import { RolloutPreparation } from './rollout/preparation.js';
import { Rollout } from './rollout/rollout.js';
import { StepExecutor } from './rollout/step-executor.js';
import { WaitingNetworks } from './rollout/waiting-networks.js';
import { ServiceInspector } from '../environments/service-inspector.js';
import { StartGate } from './start-gate.js';
import { StatusService } from './status.service.js';
import { TagWatch } from './tag-watch.js';
import { Worker } from './worker.js';

/** The heart: from an accepted delivery to a verified container. */
@Module({
  imports: [
    DockerModule,
    EnvironmentsModule,
    RegistriesModule,
    HandlersModule.sendingBy({
      imports: [RegistriesModule],
      inject: [GuardedHttp],
      useFactory: (http: GuardedHttp) => (request) => http.request(request),
    }),
  ],
  providers: [
    DeliveryService,
    DeploymentService,
    RollbackService,
    VerdictService,
    FreezeService,
    QuarantineService,
    StatusService,
    Explainer,
    Planner,
    Worker,
    LaneTools,
    StartGate,
    TagWatch,
    Decisions,
    PolicyHolds,
    DeploymentHandlers,
    Groups,
    GroupGathering,
    GroupConductor,
    Promotions,
    OrphanRecovery,
    EngineSlots,
    ContainerClaims,
    ClaimedPreparation,
    DeploymentResolver,
    DigestLookup,
    LookupSchedule,
    RolloutRunner,
    RolloutWitnesses,
    RolloutPreparation,
    Rollout,
    StepExecutor,
    ContainerMaker,
    ImagePuller,
    HookRunner,
    WaitingNetworks,
    Journal,
    ServiceInspector,
    DeploymentLog,
    Poller,
    PollSchedule,
    PollTally,
    PollLook,
    PollDeployments,
    RegistryAsker,
    Pruner,
    PruneSchedule,
    PruningTally,
    ImageTidier,
    RemovableImages,
  ],
  exports: [
    DeliveryService,
    DeploymentService,
    RollbackService,
    VerdictService,
    FreezeService,
    QuarantineService,
    StatusService,
    Explainer,
    PollTally,
    PruningTally,
  ],
})
export class DeploymentsModule {}
