import { Injectable } from '@nestjs/common';
import { Engines } from '../../docker/client/engines.js';
import { groupView, type GroupView } from '../../domain/deployment/group.js';
import {
  describePolicy,
  windowView,
  type WindowView,
} from '../../domain/policy/describe-policy.js';
import type { Environment, Service } from '../../domain/settings/environment.js';
import { DeployError, messageOf } from '../../domain/errors.js';
import type { Freeze } from '../../domain/policy/freeze.js';
import { describeTagRule, type WrittenTagRule } from '../../domain/image/tag-rule.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { deploymentView, type DeploymentView } from '../../domain/deployment/deployment-view.js';
import {
  ServiceInspector,
  type InspectedService,
  type RunningView,
} from '../../environments/service-inspector.js';

const ENGINE_PING_MS = 1_500;

/** A service, as the API shows it. */
export interface ServiceView {
  readonly name: string;
  readonly environment: string;
  readonly container: string;
  readonly image: string;
  /** The tag rule, as written in the configuration. */
  readonly tag: WrittenTagRule;
  readonly strategy: string;
  readonly policy: Record<string, unknown>;
  readonly window: WindowView | null;
  readonly running: RunningView | null;
  /** `unknown` if the engine does not answer; then `stateReason` says why. */
  readonly state: InspectedService['state'] | 'unknown';
  readonly stateReason: string | null;
  readonly lastDeployment: DeploymentView | null;
  readonly quarantined: readonly string[];
}

/** An environment, as the API shows it. */
export interface EnvironmentView {
  readonly name: string;
  readonly engine: string;
  /** In the form of the configuration; services may override it. */
  readonly policy: Record<string, unknown>;
  /** Null if that policy has no windows. */
  readonly window: WindowView | null;
  readonly frozen: Freeze | null;
  /** In the form of the configuration; null if every service is deployed on its own. */
  readonly group: GroupView | null;
  readonly services: readonly ServiceView[];
}

export interface EngineStatus {
  readonly status: 'up' | 'down';
  readonly reason: string | null;
}

/** What is configured, what runs, and which engines answer. */
@Injectable()
export class StatusService {
  constructor(
    private readonly environmentsService: EnvironmentsService,
    private readonly engineDirectory: Engines,
    private readonly inspector: ServiceInspector,
    private readonly storage: Storage,
  ) {}

  /** The environments with these names, in the order of the file; null: all. */
  async environments(names: readonly string[] | null): Promise<EnvironmentView[]> {
    const shown = this.environmentsService
      .all()
      .filter((each) => names === null || names.includes(each.name));
    return Promise.all(shown.map((each) => this.view(each)));
  }

  /** @throws DeployError `not-found` */
  async environment(name: string): Promise<EnvironmentView> {
    return this.view(this.environmentsService.environment(name));
  }

  /** @throws DeployError `not-found` */
  async service(environment: string, name: string): Promise<ServiceView> {
    return this.serviceView(this.environmentsService.service(environment, name));
  }

  /** Whether each configured engine answers, by name. */
  async engines(): Promise<Record<string, EngineStatus>> {
    const names = this.engineDirectory.names();
    const entries = names.map(async (name): Promise<[string, EngineStatus]> => {
      try {
        await this.engineDirectory.get(name).ping(ENGINE_PING_MS);
        return [name, { status: 'up', reason: null }];
      } catch (error) {
        return [name, { status: 'down', reason: messageOf(error) }];
      }
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  private async view(environment: Environment): Promise<EnvironmentView> {
    const now = Date.now();
    return {
      name: environment.name,
      engine: environment.engine,
      policy: describePolicy(environment.policy),
      window: windowView(environment.policy, now),
      frozen: await this.environmentsService.freeze(environment.name, now),
      group: groupView(environment.group),
      services: await Promise.all(environment.services.map((each) => this.serviceView(each))),
    };
  }

  private async serviceView(service: Service): Promise<ServiceView> {
    const { environment, name } = service;
    const [inspected, last, quarantined] = await Promise.all([
      this.inspect(service),
      this.storage.deployments.lastOf(environment, name),
      this.storage.quarantine.list(environment, name),
    ]);
    return {
      name,
      environment,
      container: service.container,
      image: service.repository,
      tag: describeTagRule(service.tagRule),
      strategy: service.rollout.strategy,
      policy: describePolicy(service.policy),
      window: windowView(service.policy, Date.now()),
      ...inspected,
      lastDeployment: last === null ? null : deploymentView(last),
      quarantined,
    };
  }

  private async inspect(
    service: Service,
  ): Promise<Pick<ServiceView, 'running' | 'state' | 'stateReason'>> {
    try {
      const { state, running } = await this.inspector.inspect(service);
      return { state, running, stateReason: null };
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      return { state: 'unknown', running: null, stateReason: error.message };
    }
  }
}
