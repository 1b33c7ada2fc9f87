import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { callerOf } from '../access/caller.decorator.js';
import { senderAddress } from '../access/sender-address.js';
import { redactedPath } from './redacted-path.js';

const logger = new Logger('Access');

/** Express middleware: logs each request once it has been answered or its connection closed. */
export function accessLog(request: Request, response: Response, next: NextFunction): void {
  const started = performance.now();
  const from = senderAddress(request);
  response.once('close', () => {
    const path = redactedPath(request.originalUrl);
    const isComplete = response.writableFinished;
    logger.log({
      msg: `${request.method} ${path} ${isComplete ? String(response.statusCode) : 'aborted'}`,
      method: request.method,
      path,
      status: isComplete ? response.statusCode : null,
      ms: Math.round(performance.now() - started),
      from,
      token: callerOf(request)?.name ?? null,
    });
  });
  next();
}
