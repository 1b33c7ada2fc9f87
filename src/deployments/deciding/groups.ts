import { Injectable } from '@nestjs/common';
import { GroupConductor } from './group-conductor.js';
import { GroupGathering } from './group-gathering.js';

/** Everything about services that move together. */
@Injectable()
export class Groups {
  constructor(
    readonly gathering: GroupGathering,
    readonly conductor: GroupConductor,
  ) {}
}
