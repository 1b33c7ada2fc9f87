import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { invalidInput } from './invalid-input.js';
import { JsonBodyInterceptor } from './json-body.interceptor.js';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { UnknownRouteController } from './unknown-route.controller.js';

/**
 * What holds for every request: bodies, validation, problems. It stands last in app.module.ts, since it also takes the
 * addresses that nobody else answers to.
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
