import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ROUTE_ACCESS } from '../access/requires.decorator.js';
import { Reflector } from '@nestjs/core';
import { json } from 'express';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { DeployError } from '../domain/errors.js';
import { InvalidInput } from './invalid-input.js';

const LARGEST_BODY = '100kb';
/** class-transformer would silently drop these instead of refusing them. */
const NEVER_FIELDS = ['__proto__', 'constructor', 'prototype'];
/** Deeper than any body of the API, and shallow enough for all code that traverses it. */
const DEEPEST = 16;

/**
 * Reads the JSON body of API calls. An interceptor runs after the guards, so nothing is read or parsed
 * without a valid token. Public routes read their bodies themselves, if at all.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  readonly #parse = json({ limit: LARGEST_BODY, strict: true, type: 'application/json' });

  constructor(private readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    if (this.takesBody(context, request)) {
      await this.read(request, context.switchToHttp().getResponse<Response>());
    }
    return next.handle();
  }

  protected takesBody(context: ExecutionContext, request: Request): boolean {
    const places = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<unknown>(ROUTE_ACCESS, places);
    return access !== 'public' && request.method !== 'GET' && request.method !== 'HEAD';
  }

  /** @throws DeployError `unsupported-media-type`, `invalid` or `too-large`. */
  protected async read(request: Request, response: Response): Promise<void> {
    if (!hasBody(request)) {
      request.body = {};
      return;
    }
    if (request.is('application/json') === false) {
      throw new DeployError(
        'unsupported-media-type',
        'the body must be Content-Type: application/json',
      );
    }
    await new Promise<void>((resolve, reject) => {
      this.#parse(request, response, (error: unknown) => {
        if (error === undefined) resolve();
        else reject(bodyError(error));
      });
    });
    assertPlainObject(request.body);
  }
}

function hasBody(request: Request): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && Number(length) > 0);
}

function assertPlainObject(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new DeployError('invalid', 'the body must be a JSON object');
  }
  const never = NEVER_FIELDS.filter((name) => Object.hasOwn(body, name));
  if (never.length > 0) {
    throw new InvalidInput(never.map((path) => ({ path, message: 'is not an allowed field' })));
  }
  if (depthOf(body) > DEEPEST) throw new DeployError('invalid', 'the body is nested too deeply');
}

/** Counts level by level, without recursion: a hostile body must not exhaust the stack. */
function depthOf(body: object): number {
  let depth = 0;
  let level: object[] = [body];
  while (level.length > 0 && depth <= DEEPEST) {
    depth += 1;
    level = level.flatMap((item) => Object.values(item).filter(isObject));
  }
  return depth;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The error of express.json(), without any of the body. */
function bodyError(error: unknown): unknown {
  const type = error instanceof Error && 'type' in error ? error.type : null;
  if (type === 'entity.too.large')
    return new DeployError('too-large', `the body is larger than ${LARGEST_BODY}`);
  if (type === 'entity.parse.failed') return new DeployError('invalid', 'the body is not JSON');
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') {
    return new DeployError('unsupported-media-type', 'the body must be JSON in UTF-8');
  }
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return status === 400 ? new DeployError('invalid', 'the body cannot be read') : error;
}
