import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { DeploymentsModule } from '../deployments/deployments.module.js';
import { HealthController } from './health.controller.js';
import { invalidInput } from './invalid-input.js';
import { JsonBodyInterceptor } from './json-body.interceptor.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsService } from './metrics.service.js';
import { OpenApiController } from '../api/openapi/openapi.controller.js';
import { OpenApiService } from '../api/openapi/openapi.service.js';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { UnknownRouteController } from './unknown-route.controller.js';

/**
 * What every server needs whatever it serves: bodies, validation, problems, health, metrics, OpenAPI. It
 * stands last in app.module.ts, since it also takes the addresses that nobody else answers to.
 */
@Module({
  imports: [DeploymentsModule],
  controllers: [HealthController, MetricsController, OpenApiController, UnknownRouteController],
  providers: [
    MetricsServer,
    MetricsService,
    OpenApiService,
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
export class OperationsModule {}
