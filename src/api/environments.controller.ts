import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import type { Response } from 'express';
import { Caller } from '../access/caller.decorator.js';
import { assertEnvironment, type Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import type { Deployment } from '../domain/deployment/deployment.js';
import type { Freeze } from '../domain/policy/freeze.js';
import { canonicalRepository } from '../domain/image/image-reference.js';
import {
  DeployRequest,
  ExplainRequest,
  FreezeRequest,
  present,
  RollbackRequest,
} from './deploy-request.dto.js';
import { deploymentView, type DeploymentView } from '../domain/deployment/deployment-view.js';
import { DeploymentService, type PlanView } from '../deployments/actions/deployment.service.js';
import { Explainer, type Explanation } from '../deployments/status/explainer.js';
import { FreezeService } from '../deployments/actions/freeze.service.js';
import { NoQuery } from './list-query.dto.js';
import type { PageView } from './page.dto.js';
import { RollbackService } from '../deployments/actions/rollback.service.js';
import {
  StatusService,
  type EnvironmentView,
  type ServiceView,
} from '../deployments/status/status.service.js';

/** Environments and services; manual deployments and rollbacks. */
@Controller('api/v1/environments')
export class EnvironmentsController {
  constructor(
    private readonly status: StatusService,
    private readonly deployments: DeploymentService,
    private readonly rollbacks: RollbackService,
    private readonly freezes: FreezeService,
    private readonly explainer: Explainer,
  ) {}

  @Get()
  @Requires('viewer')
  async list(@Caller() caller: Principal, @Query() _: NoQuery): Promise<PageView<EnvironmentView>> {
    return { items: await this.status.environments(caller.environments), next: null };
  }

  @Get(':environment')
  @Requires('viewer')
  async environment(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
  ): Promise<EnvironmentView> {
    assertEnvironment(caller, environment);
    return this.status.environment(environment);
  }

  @Put(':environment/freeze')
  @Requires('operator')
  async freeze(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Body() { reason, until }: FreezeRequest,
  ): Promise<Freeze> {
    assertEnvironment(caller, environment);
    return this.freezes.freeze(environment, { reason, until: until ?? null }, caller);
  }

  @Delete(':environment/freeze')
  @HttpCode(204)
  @Requires('operator')
  async thaw(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
  ): Promise<void> {
    assertEnvironment(caller, environment);
    await this.freezes.thaw(environment, caller);
  }

  @Post(':environment/explain')
  @HttpCode(200)
  @Requires('viewer')
  async explain(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Body() { image, tag }: ExplainRequest,
  ): Promise<PageView<Explanation>> {
    assertEnvironment(caller, environment);
    const push = { repository: canonicalRepository(image), tag };
    return { items: await this.explainer.explain(environment, push), next: null };
  }

  @Get(':environment/services/:service')
  @Requires('viewer')
  async service(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Param('service') service: string,
  ): Promise<ServiceView> {
    assertEnvironment(caller, environment);
    return this.status.service(environment, service);
  }

  @Post(':environment/services/:service/deployments')
  @HttpCode(202)
  @Requires('operator')
  async deploy(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Param('service') service: string,
    @Body() body: DeployRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeploymentView | PlanView> {
    assertEnvironment(caller, environment);
    const { dryRun, ...request } = present(body);
    if (dryRun === true) {
      response.status(200);
      return this.deployments.plan(environment, service, request);
    }
    const made = await this.deployments.deploy(environment, service, request, caller);
    return located(response, made);
  }

  @Post(':environment/services/:service/rollback')
  @HttpCode(202)
  @Requires('operator')
  async rollback(
    @Caller() caller: Principal,
    @Param('environment') environment: string,
    @Param('service') service: string,
    @Body() body: RollbackRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeploymentView> {
    assertEnvironment(caller, environment);
    const made = await this.rollbacks.rollback(environment, service, present(body), caller);
    return located(response, made);
  }
}

function located(response: Response, deployment: Deployment): DeploymentView {
  response.setHeader('Location', `/api/v1/deployments/${deployment.id}`);
  return deploymentView(deployment);
}
