import { SetMetadata } from '@nestjs/common';
import type { Role } from '../domain/settings/access.js';

/** What a route asks of its caller; `public`: no token at all. */
export type RouteAccess = Role | 'public';

/** Key of the metadata that `AccessGuard` reads. A route without it is refused. */
export const ROUTE_ACCESS = 'deploy:access';

/** The route (or every route of the class) needs a token of at least this role. */
export const Requires = (role: Role): MethodDecorator & ClassDecorator =>
  SetMetadata<string, RouteAccess>(ROUTE_ACCESS, role);

/** The route needs no token. Said out loud, since a route that says nothing is refused. */
export const Public = (): MethodDecorator & ClassDecorator =>
  SetMetadata<string, RouteAccess>(ROUTE_ACCESS, 'public');
