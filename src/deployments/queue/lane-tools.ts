import { Injectable } from '@nestjs/common';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentResolver } from '../deciding/deployment-resolver.js';
import { Admission } from '../deciding/admission.js';
import { RolloutRunner } from '../rollout/rollout-runner.js';
import { EngineGate } from './engine-gate.js';
import { TagRecheck } from '../deciding/tag-recheck.js';

/** What every lane works with. */
@Injectable()
export class LaneTools {
  constructor(
    readonly storage: Storage,
    readonly environments: EnvironmentsService,
    readonly resolver: DeploymentResolver,
    readonly runner: RolloutRunner,
    readonly holds: Admission,
    readonly gate: EngineGate,
    readonly tags: TagRecheck,
  ) {}
}
