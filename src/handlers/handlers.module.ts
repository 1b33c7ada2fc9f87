import {
  Module,
  type DynamicModule,
  type ModuleMetadata,
  type FactoryProvider,
} from '@nestjs/common';
import { HandlerSchedule } from './failure-patience.js';
import { HandlerService } from './handler.service.js';
import { HandlerRunners, SEND_REQUEST } from './handler-runners.js';
import type { SendRequest } from './handler-requests.js';

/** Gives `HandlerService`. */
@Module({})
export class HandlersModule {
  /** `useFactory` makes, from what it injects, what sends the requests of handlers. */
  static sendingBy(
    options: Pick<ModuleMetadata, 'imports'> &
      Pick<FactoryProvider<SendRequest>, 'inject' | 'useFactory'>,
  ): DynamicModule {
    const { imports = [], inject = [], useFactory } = options;
    return {
      module: HandlersModule,
      imports,
      providers: [
        { provide: SEND_REQUEST, inject, useFactory },
        HandlerSchedule,
        HandlerRunners,
        HandlerService,
      ],
      exports: [HandlerService],
    };
  }
}
