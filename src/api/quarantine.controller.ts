import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { Caller } from '../access/caller.decorator.js';
import { assertEnvironment, type Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import type { QuarantineEntry } from '../storage/repositories/quarantine.repository.js';
import { NoQuery } from './list-query.dto.js';
import type { PageView } from './page.dto.js';
import { QuarantineService } from '../deployments/actions/quarantine.service.js';

/** The quarantined digests of a service. */
@Controller('api/v1/environments/:environment/services/:service/quarantine')
export class QuarantineController {
  constructor(private readonly quarantine: QuarantineService) {}

  @Get()
  @Requires('viewer')
  async list(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Param('service') service: string,
    @Query() _: NoQuery,
  ): Promise<PageView<QuarantineView>> {
    assertEnvironment(caller, environment);
    const entries = await this.quarantine.list(environment, service);
    return { items: entries.map(quarantineView), next: null };
  }

  @Delete(':digest')
  @HttpCode(204)
  @Requires('operator')
  async lift(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Param('service') service: string,
    @Param('digest') digest: string,
  ): Promise<void> {
    assertEnvironment(caller, environment);
    await this.quarantine.lift(environment, service, digest, caller);
  }
}

type QuarantineView = Pick<QuarantineEntry, 'digest' | 'deployment' | 'reason' | 'at'>;

function quarantineView({ digest, deployment, reason, at }: QuarantineEntry): QuarantineView {
  return { digest, deployment, reason, at };
}
