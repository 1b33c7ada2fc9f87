import { Module } from '@nestjs/common';
import { DockerModule } from '../docker/docker.module.js';
import { EnvironmentsModule } from '../environments/environments.module.js';
import { HandlersModule } from '../handlers/handlers.module.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { RegistriesModule } from '../registries/registries.module.js';
import { ClaimedPreparation } from './rollout/preparing/claimed-preparation.js';
import { ContainerClaims } from './locks/container-claims.js';
import { PolicyService } from '../environments/policy.service.js';
import { DeliveryService } from './intake/delivery.service.js';
import { DeploymentHandlers } from './deciding/deployment-handlers.js';
import { DeploymentLog } from './deployment-log.js';
import { DeploymentResolver } from './deciding/deployment-resolver.js';
import { DeploymentService } from './actions/deployment.service.js';
import { DigestLookup, LookupSchedule } from './deciding/digest-lookup.js';
import { Explainer } from './status/explainer.js';
import { FreezeService } from './actions/freeze.service.js';
import { GroupConductor } from './deciding/group-conductor.js';
import { GroupGathering } from './deciding/group-gathering.js';
import { Groups } from './deciding/groups.js';
import { RollbackService } from './actions/rollback.service.js';
import { QuarantineService } from './actions/quarantine.service.js';
import { ApprovalService } from './actions/approval.service.js';
import { EngineSlots } from './locks/engine-slots.js';
import { LaneTools } from './queue/lane-tools.js';
import { OrphanRecovery } from './recovery/orphan-recovery.js';
import { Planner } from './status/planner.js';
import { Admission } from './deciding/admission.js';
import { PollDeployments } from './polling/poll-deployments.js';
import { ServicePoll } from './polling/service-poll.js';
import { PollSchedule } from './polling/poll-schedule.js';
import { PollCounters } from './polling/poll-counters.js';
import { Poller } from './polling/poller.js';
import { RegistryAsker } from './polling/registry-asker.js';
import { Promotions } from './outcome/promotions.js';
import { ImageTidier } from './pruning/image-tidier.js';
import { PruneSchedule } from './pruning/prune-schedule.js';
import { Pruner } from './pruning/pruner.js';
import { PruningCounters } from './pruning/pruning-counters.js';
import { RemovableImages } from './pruning/removable-images.js';
import { RolloutRunner } from './rollout/rollout-runner.js';
import { RolloutWitnesses } from './rollout/rollout-witnesses.js';
import { ContainerMaker } from './rollout/steps/container-maker.js';
import { HookRunner } from './rollout/steps/hooks/hook-runner.js';
import { ImagePuller } from './rollout/steps/image-puller.js';
import { Journal } from './rollout/journal/journal.js';
import { RolloutPreparation } from './rollout/preparing/preparation.js';
import { Rollout } from './rollout/rollout.js';
import { StepExecutor } from './rollout/steps/step-executor.js';
import { WaitingNetworks } from './rollout/steps/waiting-networks.js';
import { ServiceInspector } from '../environments/service-inspector.js';
import { EngineGate } from './queue/engine-gate.js';
import { StatusService } from './status/status.service.js';
import { TagRecheck } from './deciding/tag-recheck.js';
import { Worker } from './queue/worker.js';

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
    ApprovalService,
    FreezeService,
    QuarantineService,
    StatusService,
    Explainer,
    Planner,
    Worker,
    LaneTools,
    EngineGate,
    TagRecheck,
    PolicyService,
    Admission,
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
    PollCounters,
    ServicePoll,
    PollDeployments,
    RegistryAsker,
    Pruner,
    PruneSchedule,
    PruningCounters,
    ImageTidier,
    RemovableImages,
  ],
  exports: [
    DeliveryService,
    DeploymentService,
    RollbackService,
    ApprovalService,
    FreezeService,
    QuarantineService,
    StatusService,
    Explainer,
    PollCounters,
    PruningCounters,
  ],
})
export class DeploymentsModule {}
