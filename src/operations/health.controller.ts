import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from '../access/requires.decorator.js';
import { StatusService } from '../deployments/status/status.service.js';
import { Storage } from '../storage/storage.js';

interface Component {
  readonly status: 'up' | 'down';
  readonly reason: string | null;
}

/** The answer of `/health/ready`. `status` is that of storage: deliveries are accepted without an engine. */
export interface Readiness {
  readonly status: 'up' | 'down';
  readonly storage: Component;
  readonly engines: Readonly<Record<string, Component>>;
}

/** For load balancers and supervisors. */
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly storage: Storage,
    private readonly status: StatusService,
  ) {}

  /** The process is serving. */
  @Get('live')
  live(): { readonly status: 'up' } {
    return { status: 'up' };
  }

  /** 503 while deliveries cannot be stored. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const [isWritable, engines] = await Promise.all([
      this.storage.isWritable(),
      this.status.engines(),
    ]);
    const storage: Component = isWritable
      ? { status: 'up', reason: null }
      : { status: 'down', reason: 'deliveries cannot be stored at the moment' };
    response.status(isWritable ? 200 : 503);
    if (!isWritable) response.setHeader('Retry-After', '5');
    return { status: storage.status, storage, engines };
  }
}
