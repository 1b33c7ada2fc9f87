import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Caller } from '../access/caller.decorator.js';
import { maySee, otherEnvironments, type Principal } from '../access/principal.js';
import { Requires } from '../access/requires.decorator.js';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Delivery } from '../domain/deployment/delivery.js';
import {
  deliverySummaryView,
  deliveryView,
  type DeliverySummaryView,
  type DeliveryView,
} from './delivery.dto.js';
import { DeliveryService } from '../deployments/intake/delivery.service.js';
import { DeploymentService } from '../deployments/actions/deployment.service.js';
import { ListQuery } from './list-query.dto.js';
import { pageView, type PageView } from './page.dto.js';

/** Webhook deliveries and their outcomes. */
@Controller('api/v1/deliveries')
@Requires('operator')
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryService,
    private readonly deployments: DeploymentService,
    private readonly configuration: ConfigurationService,
  ) {}

  /** A restricted token sees the deliveries that led to a deployment in one of its environments. */
  @Get()
  async list(
    @Caller() caller: Principal,
    @Query() query: ListQuery,
  ): Promise<PageView<DeliverySummaryView>> {
    const { limit, before } = query;
    const page = await this.deliveries.list({ limit, before }, caller);
    return pageView(page, deliverySummaryView);
  }

  @Get(':id')
  async one(@Caller() caller: Principal, @Param('id') id: string): Promise<DeliveryView> {
    return deliveryView(await this.visible(caller, id));
  }

  @Post(':id/replay')
  @HttpCode(202)
  async replay(@Caller() caller: Principal, @Param('id') id: string): Promise<DeliveryView> {
    const { webhook } = await this.visible(caller, id);
    this.assertMaySend(caller, webhook);
    return deliveryView(await this.deliveries.replay(id, caller));
  }

  /** The delivery, with only those of its deployments that the caller may see. */
  private async visible(caller: Principal, id: string): Promise<Delivery> {
    const delivery = await this.deliveries.get(id);
    if (caller.environments === null) return delivery;
    const made = await Promise.all(delivery.deployments.map((each) => this.deployments.get(each)));
    const seen = made.filter(({ environment }) => maySee(caller, environment));
    if (seen.length === 0) throw otherEnvironments();
    return { ...delivery, deployments: seen.map((deployment) => deployment.id) };
  }

  /**
   * A replay may deploy wherever its webhook may, even where the original did not: a restricted token must
   * cover all of those environments.
   */
  private assertMaySend(caller: Principal, name: string): void {
    const { webhooks, environments } = this.configuration.current();
    const webhook = webhooks.find((each) => each.name === name);
    const touched = webhook?.environments ?? environments.map((environment) => environment.name);
    if (!touched.every((environment) => maySee(caller, environment))) throw otherEnvironments();
  }
}
