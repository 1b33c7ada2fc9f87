import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { DeployError } from '../domain/errors.js';
import type { Role } from '../domain/settings/access.js';
import { Authenticator, type Identity } from './authenticator.js';
import { includesRole, type Principal } from './principal.js';
import { ROUTE_ACCESS, type RouteAccess } from './requires.decorator.js';

/**
 * Admits a request if the route is `@Public()` or the token has the role that `@Requires(role)` names.
 * Fails closed: a route with neither decorator is refused to everyone.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #logger = new Logger(AccessGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.accessOf(context);
    if (access === 'public') return true;
    const http = context.switchToHttp();
    const identity = await this.authenticator.identify(http.getRequest<Request>());
    const principal = this.principalOf(identity, http.getResponse<Response>());
    this.assertRole(principal, access);
    return true;
  }

  /** The route's own requirement, or else that of its class. */
  protected accessOf(context: ExecutionContext): RouteAccess {
    const places = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, places);
    if (access !== undefined) return access;
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.#logger.error(`${route} has neither @Requires nor @Public and is refused`);
    throw new DeployError('forbidden', 'this route is not open to anyone');
  }

  protected principalOf(identity: Identity, response: Response): Principal {
    if (identity.kind === 'known') return identity.principal;
    if (identity.kind === 'blocked') {
      throw new DeployError('throttled', 'too many failed authentications; try again later', {
        retryAfterMs: identity.retryAfterMs,
      });
    }
    response.setHeader(
      'WWW-Authenticate',
      identity.presented ? 'Bearer error="invalid_token"' : 'Bearer',
    );
    throw new DeployError(
      'unauthorized',
      identity.presented
        ? 'the token is unknown'
        : 'a token is required: Authorization: Bearer <token>',
    );
  }

  protected assertRole(principal: Principal, needed: Role): void {
    if (includesRole(principal.role, needed)) return;
    throw new DeployError(
      'forbidden',
      `this requires the role ${needed}; the token has the role ${principal.role}`,
    );
  }
}
