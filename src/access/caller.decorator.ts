import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DeployError } from '../domain/errors.js';
import type { Principal } from './principal.js';

const callers = new WeakMap<Request, Principal>();

/** Stores with the request the principal of its token. */
export function rememberCaller(request: Request, principal: Principal): void {
  callers.set(request, principal);
}

/** The principal of the request's token; null if it has none, or none was checked. */
export function callerOf(request: Request): Principal | null {
  return callers.get(request) ?? null;
}

/** The calling `Principal`; only on routes with `@Requires`. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = callerOf(context.switchToHttp().getRequest<Request>());
  if (principal === null) throw new DeployError('unauthorized', 'a token is required');
  return principal;
});
