import { Module } from '@nestjs/common';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { HandlerSchedule } from './failure-patience.js';
import { HandlerService } from './handler.service.js';
import { HandlerRunners } from './handler-runners.js';

/** Provides `HandlerService`. */
@Module({
  imports: [OutgoingModule],
  providers: [HandlerSchedule, HandlerRunners, HandlerService],
  exports: [HandlerService],
})
export class HandlersModule {}
