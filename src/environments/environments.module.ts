import { Module } from '@nestjs/common';
import { EnvironmentsService } from './environments.service.js';

/** Per-environment policy. */
@Module({ providers: [EnvironmentsService], exports: [EnvironmentsService] })
export class EnvironmentsModule {}
