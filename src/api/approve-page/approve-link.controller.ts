import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { IsOptional, IsString, Length } from 'class-validator';
import { Caller } from '../../access/caller.decorator.js';
import type { Principal } from '../../access/principal.js';
import { Requires } from '../../access/requires.decorator.js';
import { ApproveLinks, type MadeLink } from '../../deployments/actions/approve-links.js';

const LONGEST_NAME = 200;

/** Body of `POST /deployments/:id/approve-link`. `for` defaults to the caller. */
export class ApproveLinkRequest {
  @IsOptional()
  @IsString({ message: 'must be the name of an approver' })
  @Length(1, LONGEST_NAME, { message: 'must be the name of an approver' })
  readonly for?: string | null;
}

/** Creates links for approvers. */
@Controller('api/v1/deployments')
export class ApproveLinkController {
  constructor(private readonly links: ApproveLinks) {}

  @Post(':id/approve-link')
  @HttpCode(200)
  @Requires('operator')
  make(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: ApproveLinkRequest,
  ): Promise<MadeLink> {
    return this.links.makeAs(caller, id, body.for ?? caller.name);
  }
}
