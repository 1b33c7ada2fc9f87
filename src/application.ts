import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { ConfigurationService } from './config/configuration.service.js';
import { accessLog } from './http/access-log.js';
import { HttpServer } from './http/http-server.js';
import { OpenApiService } from './api/openapi/openapi.service.js';
import { trustProxies } from './http/trusted-proxies.js';

/**
 * The application over HTTP, ready for `listen`: no body is read before its sender is known, and every
 * answer has the headers that stop browsers from sniffing and proxies from storing it.
 */
export async function createApplication(
  module: Type | DynamicModule,
): Promise<NestExpressApplication> {
  const application = await NestFactory.create<NestExpressApplication>(module, new HttpServer(), {
    bodyParser: false,
    abortOnError: false,
  });
  prepare(application);
  return application;
}

/** The part of `createApplication` that does not depend on how the application was created. */
export function prepare(application: NestExpressApplication): void {
  application.disable('x-powered-by');
  application.set('etag', false);
  trustProxies(application.getHttpAdapter().getInstance(), application.get(ConfigurationService));
  application.get(OpenApiService).describes(application);
  application.use(accessLog, securityHeaders);
}

function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  next();
}
