import { All, Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../access/requires.decorator.js';
import { DeployError } from '../domain/errors.js';
import { RouteTable } from './route-table.js';

/**
 * Catches everything that no other route matches, so that the throttle counts it like any other request.
 * Its module must be last in app.module.ts.
 */
@Controller()
@Public()
export class UnknownRouteController {
  constructor(private readonly routes: RouteTable) {}

  @All('{*path}')
  refuse(@Req() request: Request, @Res({ passthrough: true }) response: Response): never {
    const allowed = this.routes.methodsAt(request.path);
    if (allowed.length === 0) {
      throw new DeployError('not-found', 'there is nothing at this address');
    }
    response.setHeader('Allow', allowed.join(', '));
    throw new DeployError('method-not-allowed', `this address allows ${allowed.join(', ')}`);
  }
}
