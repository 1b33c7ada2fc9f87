import { Injectable } from '@nestjs/common';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentResolver } from '../deciding/deployment-resolver.js';
import { PolicyHolds } from '../deciding/policy-holds.js';
import { RolloutRunner } from '../rollout/rollout-runner.js';
import { StartGate } from './start-gate.js';
import { TagWatch } from '../deciding/tag-watch.js';

/** What every lane works with. */
@Injectable()
export class LaneTools {
  constructor(
    readonly storage: Storage,
    readonly environments: EnvironmentsService,
    readonly resolver: DeploymentResolver,
    readonly runner: RolloutRunner,
    readonly holds: PolicyHolds,
    readonly gate: StartGate,
    readonly tags: TagWatch,
  ) {}
}
