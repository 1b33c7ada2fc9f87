import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from '../access/requires.decorator.js';
import { ConfigurationService } from '../config/configuration.service.js';
import { DeployError } from '../domain/errors.js';
import { MetricsService } from './metrics.service.js';

/** `/metrics` on the main address, unless `server.metricsListen` gives it its own. */
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly configuration: ConfigurationService,
  ) {}

  @Get()
  async read(@Res() response: Response): Promise<void> {
    if (this.configuration.current().metricsListen !== null) {
      throw new DeployError('not-found', 'metrics are served at server.metricsListen');
    }
    response.setHeader('Content-Type', this.metrics.contentType);
    response.send(await this.metrics.text());
  }
}
