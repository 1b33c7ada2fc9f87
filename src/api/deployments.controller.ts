import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Caller } from '../access/caller.decorator.js';
import { assertEnvironment, type Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import { present, VerdictRequest } from './deploy-request.dto.js';
import {
  deploymentView,
  wholeDeploymentView,
  type DeploymentView,
  type WholeDeployment,
} from '../domain/deployment/deployment-view.js';
import { DeploymentService } from '../deployments/actions/deployment.service.js';
import { DeploymentListQuery } from './list-query.dto.js';
import { pageView, type PageView } from './page.dto.js';
import { ApprovalService } from '../deployments/actions/approval.service.js';

/** Deployments, and the decisions of people about them. */
@Controller('api/v1/deployments')
export class DeploymentsController {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly verdicts: ApprovalService,
  ) {}

  @Get()
  @Requires('viewer')
  async list(
    @Caller() caller: Principal,
    @Query() query: DeploymentListQuery,
  ): Promise<PageView<DeploymentView>> {
    if (query.environment !== undefined) assertEnvironment(caller, query.environment);
    const page = await this.deployments.list({
      environment: query.environment ?? null,
      service: query.service ?? null,
      phase: query.phase ?? null,
      group: query.group ?? null,
      environments: caller.environments,
      before: query.before,
      limit: query.limit,
    });
    return pageView(page, deploymentView);
  }

  @Get(':id')
  @Requires('viewer')
  async one(
    @Caller() caller: Principal,
    @Param('id') id: string,
  ): Promise<DeploymentView & WholeDeployment> {
    const deployment = await this.deployments.get(id);
    assertEnvironment(caller, deployment.environment);
    return wholeDeploymentView(deployment);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Requires('operator')
  async approve(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: VerdictRequest,
  ): Promise<DeploymentView> {
    const { comment } = await this.verdict(caller, id, body);
    return deploymentView(await this.verdicts.approve(id, caller, comment));
  }

  @Post(':id/reject')
  @HttpCode(200)
  @Requires('operator')
  async reject(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: VerdictRequest,
  ): Promise<DeploymentView> {
    const { comment } = await this.verdict(caller, id, body);
    return deploymentView(await this.verdicts.reject(id, caller, comment));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Requires('operator')
  async cancel(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: VerdictRequest,
  ): Promise<DeploymentView> {
    const { comment } = await this.verdict(caller, id, body);
    return deploymentView(await this.verdicts.cancel(id, caller, comment));
  }

  /** The decision, once the caller is known to have access to the deployment's environment. */
  private async verdict(
    caller: Principal,
    id: string,
    body: VerdictRequest,
  ): Promise<{ readonly comment?: string }> {
    const { environment } = await this.deployments.get(id);
    assertEnvironment(caller, environment);
    return present(body);
  }
}
