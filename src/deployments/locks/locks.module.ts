import { Module } from '@nestjs/common';
import { ContainerClaims } from './container-claims.js';
import { EngineSlots } from './engine-slots.js';

/** What only one rollout may have at a time. */
@Module({
  providers: [ContainerClaims, EngineSlots],
  exports: [ContainerClaims, EngineSlots],
})
export class LocksModule {}
