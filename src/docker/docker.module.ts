import { Module } from '@nestjs/common';
import { Engines } from './client/engines.js';

/** The only access to the engines. */
@Module({ providers: [Engines], exports: [Engines] })
export class DockerModule {}
