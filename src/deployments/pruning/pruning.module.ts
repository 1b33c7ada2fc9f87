import { Module } from '@nestjs/common';
import { DockerModule } from '../../docker/docker.module.js';
import { EnvironmentsModule } from '../../environments/environments.module.js';
import { LocksModule } from '../locks/locks.module.js';
import { ImageTidier } from './image-tidier.js';
import { PruneSchedule } from './prune-schedule.js';
import { Pruner } from './pruner.js';
import { PruningCounters } from './pruning-counters.js';
import { RemovableImages } from './removable-images.js';

/** Deletes what is no longer needed. */
@Module({
  imports: [DockerModule, EnvironmentsModule, LocksModule],
  providers: [ImageTidier, PruneSchedule, Pruner, PruningCounters, RemovableImages],
  exports: [PruningCounters],
})
export class PruningModule {}
