import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import pino from 'pino';
import supertest from 'supertest';
import { ulid } from 'ulid';
import { AccessModule } from '../../src/access/access.module.js';
import { ConfigurationModule } from '../../src/config/configuration.module.js';
import { ConfigurationService } from '../../src/config/configuration.service.js';
import { DeliveryService, type IncomingDelivery } from '../../src/deployments/delivery.service.js';
import { DeploymentService } from '../../src/deployments/deployment.service.js';
import { DeploymentsApiModule } from '../../src/deployments/deployments-api.module.js';
import { DeploymentsModule } from '../../src/deployments/deployments.module.js';
import { StatusService } from '../../src/deployments/status.service.js';
import type { Delivery } from '../../src/domain/delivery.js';
import { newDeployment, type Deployment } from '../../src/domain/deployment.js';
import { DeployError } from '../../src/domain/errors.js';
import { prepare } from '../../src/operations/application.js';
import { HttpServer } from '../../src/operations/http-server.js';
import { DeployLogger } from '../../src/operations/logger.js';
import { OperationsModule } from '../../src/operations/operations.module.js';
import { Storage } from '../../src/storage/storage.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { WebhooksModule } from '../../src/webhooks/webhooks.module.js';

/** One of a kind each, so that a test can look for them wherever they must not be. */
export const SECRETS = {
  hub: 'canary-hub-secret-0123456789abcdef',
  hubOld: 'canary-hub-old-secret-0123456789ab',
  walled: 'canary-walled-secret-0123456789abc',
  viewer: 'canary-viewer-token-0123456789abcd',
  staging: 'canary-staging-token-0123456789abc',
  operator: 'canary-operator-token-0123456789ab',
  admin: 'canary-admin-token-0123456789abcdef',
} as const;

const IMAGE = 'docker.io/acme/web';
export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A configuration with one webhook of each kind and one token of each role; `server` is added as it is. */
export function aConfiguration(server = ''): string {
  return `
${server}
storage: sqlite:./deploy.db
access:
  tokens:
    - { name: reader, role: viewer, secret: "${SECRETS.viewer}" }
    - { name: stager, role: operator, secret: "${SECRETS.staging}", environments: [staging] }
    - { name: ops, role: operator, secret: "${SECRETS.operator}" }
    - { name: root, role: admin, secret: "${SECRETS.admin}" }
engines:
  local: { host: "unix:///nonexistent/docker.sock" }
webhooks:
  hub: { type: docker-hub, secret: ["${SECRETS.hub}", "${SECRETS.hubOld}"] }
  walled: { type: docker-hub, secret: "${SECRETS.walled}", allowFrom: [203.0.113.0/24] }
environments:
  staging:
    engine: local
    services: { web: { container: web, image: acme/web, tag: latest } }
  production:
    engine: local
    services: { web: { container: web-p, image: acme/web, tag: latest } }
`;
}

/** Stands where deliveries are decided on; stores what it is given, as the real one does. */
export class FakeDeliveries {
  readonly accepted: IncomingDelivery[] = [];
  failure: Error | null = null;

  constructor(private readonly storage: Storage) {}

  async accept(input: IncomingDelivery): Promise<Delivery> {
    if (this.failure !== null) throw this.failure;
    this.accepted.push(input);
    const ignored = 'ignored' in input.parsed ? input.parsed.ignored : null;
    const delivery: Delivery = {
      id: ulid(),
      webhook: input.webhook.name,
      type: input.webhook.type,
      receivedAt: input.receivedAt,
      from: input.from,
      outcome: ignored === null ? 'accepted' : 'ignored',
      reason: ignored,
      pushes: 'pushes' in input.parsed ? input.parsed.pushes : [],
      deployments: [],
      headers: input.headers,
      body: input.body.toString('utf8'),
    };
    await this.storage.deliveries.insert(delivery, { bodyHash: null, senderDeliveryId: null });
    return delivery;
  }

  async list(
    query: { limit: number; before: string | null },
    { environments }: { environments: readonly string[] | null },
  ): Promise<{ items: unknown[]; next: string | null }> {
    const rows = await this.storage.deliveries.list({
      ...query,
      limit: query.limit + 1,
      environments,
    });
    return pageOf(rows, query.limit);
  }

  async get(id: string): Promise<Delivery> {
    return (await this.storage.deliveries.get(id)) ?? missing();
  }

  async replay(id: string): Promise<Delivery> {
    const copy = { ...(await this.get(id)), id: ulid() };
    await this.storage.deliveries.insert(copy, { bodyHash: null, senderDeliveryId: null });
    return copy;
  }
}

/** Stands where deployments are made; remembers what it was asked for. */
export class FakeDeployments {
  readonly calls: unknown[][] = [];

  constructor(private readonly storage: Storage) {}

  async deploy(environment: string, service: string, ...rest: unknown[]): Promise<Deployment> {
    this.calls.push(['deploy', environment, service, ...rest]);
    return aDeployment(this.storage, environment, service);
  }

  async rollback(environment: string, service: string, ...rest: unknown[]): Promise<Deployment> {
    this.calls.push(['rollback', environment, service, ...rest]);
    return aDeployment(this.storage, environment, service);
  }

  plan(...rest: unknown[]): Promise<unknown> {
    this.calls.push(['plan', ...rest]);
    const version = { tag: 'latest', digest: DIGEST };
    const steps = [{ name: 'pull', description: 'pull the image' }];
    const plan = { strategy: 'recreate', from: null, to: version, steps };
    return Promise.resolve({ ...plan, differences: [], expectedDowntimeMs: 500 });
  }

  async cancel(id: string, ...rest: unknown[]): Promise<Deployment> {
    this.calls.push(['cancel', id, ...rest]);
    return this.storage.deployments.update(id, { phase: 'cancelled' });
  }

  async get(id: string): Promise<Deployment & { steps: unknown[] }> {
    const found = (await this.storage.deployments.get(id)) ?? missing();
    return { ...found, steps: await this.storage.deployments.steps(id) };
  }

  async list(
    query: Parameters<Storage['deployments']['list']>[0],
  ): Promise<{ items: Deployment[]; next: string | null }> {
    const rows = await this.storage.deployments.list({ ...query, limit: query.limit + 1 });
    return pageOf(rows, query.limit);
  }
}

/** Stands where the engines are asked. */
export class FakeStatus {
  engineReason: string | null = null;

  environments(names: readonly string[] | null): Promise<unknown[]> {
    const all = ['staging', 'production'].filter((name) => names?.includes(name) ?? true);
    return Promise.resolve(all.map((name) => ({ name })));
  }

  environment(name: string): Promise<unknown> {
    return name === 'staging' || name === 'production' ? Promise.resolve({ name }) : missing();
  }

  service(environment: string, name: string): Promise<unknown> {
    return name === 'web' ? Promise.resolve({ name, environment }) : missing();
  }

  engines(): Promise<Record<string, unknown>> {
    const status = this.engineReason === null ? 'up' : 'down';
    return Promise.resolve({ local: { status, reason: this.engineReason } });
  }
}

export interface HttpEdge {
  readonly application: NestExpressApplication;
  readonly storage: Storage;
  readonly deliveries: FakeDeliveries;
  readonly deployments: FakeDeployments;
  readonly status: FakeStatus;
  /** Everything that was logged since the start. */
  readonly logged: () => string;
  /** Writes another configuration and reads it, as SIGHUP does. */
  readonly reconfigure: (yaml: string) => void;
  /** A request; with a token where one is named. */
  readonly call: (
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    token?: keyof typeof SECRETS,
  ) => supertest.Test;
  readonly close: () => Promise<void>;
}

/** The whole HTTP edge over a real storage; only what deploys is a fake. */
export async function startHttpEdge(yaml = aConfiguration()): Promise<HttpEdge> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-http-'));
  const path = join(folder, 'deploy.yaml');
  writeFileSync(path, yaml);
  const storage = await Storage.open(`sqlite:${join(folder, 'deploy.db')}`);
  const deliveries = new FakeDeliveries(storage);
  const deployments = new FakeDeployments(storage);
  const status = new FakeStatus();
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  const logger = DeployLogger.to('trace', sink satisfies pino.DestinationStream);

  const providers = [
    { provide: DeliveryService, useValue: deliveries },
    { provide: DeploymentService, useValue: deployments },
    { provide: StatusService, useValue: status },
  ];
  @Module({ providers, exports: [DeliveryService, DeploymentService, StatusService] })
  class FakeDeploymentsModule {}

  const testing = await Test.createTestingModule({
    imports: [
      ConfigurationModule.forRoot({ path, environment: {} }),
      StorageModule.forOpened(storage),
      AccessModule,
      WebhooksModule,
      DeploymentsApiModule,
      OperationsModule,
    ],
  })
    .overrideModule(DeploymentsModule)
    .useModule(FakeDeploymentsModule)
    .compile();
  const application = testing.createNestApplication<NestExpressApplication>(new HttpServer(), {
    bodyParser: false,
  });
  application.useLogger(logger);
  prepare(application);
  await application.init();
  await application.listen(0, '127.0.0.1');

  return {
    application,
    storage,
    deliveries,
    deployments,
    status,
    logged: () => lines.join(''),
    reconfigure: (changed) => {
      writeFileSync(path, changed);
      const reloaded = application.get(ConfigurationService).reload();
      if (!reloaded.applied) throw new Error(JSON.stringify(reloaded.faults));
    },
    call: (method, url, token) => {
      const request = supertest(application.getHttpServer())[method](url);
      return token === undefined
        ? request
        : request.set('Authorization', `Bearer ${SECRETS[token]}`);
    },
    close: async () => {
      await application.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A stored deployment that has just been asked for. */
export async function aDeployment(
  storage: Storage,
  environment = 'staging',
  service = 'web',
): Promise<Deployment> {
  const trigger = { kind: 'api', by: 'ops', delivery: null } as const;
  const wanted = { id: ulid(), environment, service, image: IMAGE, tag: 'latest', trigger };
  const deployment = newDeployment(wanted, new Date().toISOString());
  await storage.deployments.insert(deployment);
  return deployment;
}

/** A Docker Hub body of our own making: only the fields that count, and some that must not matter. */
export function aHubBody(repository = 'acme/web', tag: unknown = 'latest'): object {
  const [namespace, name] = repository.split('/');
  return {
    callback_url: 'http://169.254.169.254/',
    push_data: { tag, pushed_at: 1.7e9, pusher: 'somebody' },
    repository: { repo_name: repository, namespace, name, repo_url: 'http://127.0.0.1:1/' },
  };
}

function pageOf<T extends { id: string }>(
  rows: T[],
  limit: number,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function missing(): never {
  throw new DeployError('not-found', 'there is no such thing');
}
