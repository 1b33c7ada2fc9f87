import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DeployError } from '../domain/errors.js';
import type { Principal } from './principal.js';

const callers = new WeakMap<Request, Principal>();

/** Keeps with the request whose token it carries. */
export function rememberCaller(request: Request, principal: Principal): void {
  callers.set(request, principal);
}

/** Whose token the request carries; null where it has none, or none was looked at. */
export function callerOf(request: Request): Principal | null {
  return callers.get(request) ?? null;
}

/** The `Principal` that calls; only on routes with `@Requires`. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = callerOf(context.switchToHttp().getRequest<Request>());
  if (principal === null) throw new DeployError('unauthorized', 'a token is needed');
  return principal;
});
