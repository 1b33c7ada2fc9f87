import { SetMetadata } from '@nestjs/common';
import type { Role } from '../domain/settings/access.js';

/** What a route requires of its caller; `public`: no token. */
export type RouteAccess = Role | 'public';

/** Key of the metadata that `AccessGuard` reads. A route without it is refused. */
export const ROUTE_ACCESS = 'deploy:access';

/** The route (or every route of the class) requires a token with at least this role. */
export const Requires = (role: Role): MethodDecorator & ClassDecorator =>
  SetMetadata<string, RouteAccess>(ROUTE_ACCESS, role);

/** The route requires no token. It has to be declared: a route without a decorator is refused. */
export const Public = (): MethodDecorator & ClassDecorator =>
  SetMetadata<string, RouteAccess>(ROUTE_ACCESS, 'public');
