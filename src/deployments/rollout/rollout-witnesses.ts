import { Injectable } from '@nestjs/common';
import { DeploymentHandlers } from '../deciding/deployment-handlers.js';
import { Promotions } from '../outcome/promotions.js';

/** Who is asked before a rollout, and who has something to do after it. */
@Injectable()
export class RolloutWitnesses {
  constructor(
    readonly promotions: Promotions,
    readonly handlers: DeploymentHandlers,
  ) {}
}
