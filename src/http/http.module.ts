import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { invalidInput } from './invalid-input.js';
import { JsonBodyInterceptor } from './json-body.interceptor.js';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { UnknownRouteController } from './unknown-route.controller.js';

/**
 * Applies to every request: bodies, validation, problems. It must be last in app.module.ts, because its
 * catch-all route takes the addresses that no other module serves.
 */
@Module({
  controllers: [UnknownRouteController],
  providers: [
    RouteTable,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
    {
      provide: APP_PIPE,
      useFactory: () =>
        new ValidationPipe({
          transform: true,
          whitelist: true,
          forbidNonWhitelisted: true,
          exceptionFactory: invalidInput,
        }),
    },
  ],
})
export class HttpModule {}
