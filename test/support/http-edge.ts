import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import pino from 'pino';
import supertest from 'supertest';
import { ApiModule } from '../../src/api/api.module.js';
import { ApproveLinksModule } from '../../src/api/approve-page/approve-links.module.js';
import { OpenApiModule } from '../../src/api/openapi/openapi.module.js';
import { AccessModule } from '../../src/access/access.module.js';
import { ConfigurationModule } from '../../src/config/configuration.module.js';
import { ConfigurationService } from '../../src/config/configuration.service.js';
import { DeliveryService } from '../../src/deployments/intake/delivery.service.js';
import { DeploymentLog } from '../../src/deployments/deployment-log.js';
import { DeploymentService } from '../../src/deployments/actions/deployment.service.js';
import { DeploymentsModule } from '../../src/deployments/deployments.module.js';
import { Explainer } from '../../src/deployments/status/explainer.js';
import { FreezeService } from '../../src/deployments/actions/freeze.service.js';
import { PollCounters } from '../../src/deployments/polling/poll-counters.js';
import { QuarantineService } from '../../src/deployments/actions/quarantine.service.js';
import { RollbackService } from '../../src/deployments/actions/rollback.service.js';
import { ApprovalService } from '../../src/deployments/actions/approval.service.js';
import { PruningCounters } from '../../src/deployments/pruning/pruning-counters.js';
import { StatusService } from '../../src/deployments/status/status.service.js';
import { Reconcilers } from '../../src/deployments/queue/reconcilers.js';
import { DeploymentLifecycle } from '../../src/deployments/deployment-lifecycle.js';
import { EnvironmentsModule } from '../../src/environments/environments.module.js';
import { prepare } from '../../src/application.js';
import { HttpServer } from '../../src/http/http-server.js';
import { DeployLogger } from '../../src/operations/logger.js';
import { HttpModule } from '../../src/http/http.module.js';
import { OperationsModule } from '../../src/operations/operations.module.js';
import { Storage } from '../../src/storage/storage.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import type { Source } from '../../src/webhooks/sources/source.js';
import { Sources } from '../../src/webhooks/sources/sources.js';
import { WebhooksModule } from '../../src/webhooks/webhooks.module.js';
import { FakeDeliveries, FakeDeployments, FakeStatus } from './http-fakes.js';

/** Each unique, so that a test can search for them wherever they must not appear. */
export const SECRETS = {
  hub: 'canary-hub-secret-0123456789abcdef',
  hubOld: 'canary-hub-old-secret-0123456789ab',
  walled: 'canary-walled-secret-0123456789abc',
  viewer: 'canary-viewer-token-0123456789abcd',
  staging: 'canary-staging-token-0123456789abc',
  operator: 'canary-operator-token-0123456789ab',
  admin: 'canary-admin-token-0123456789abcdef',
} as const;

/** A configuration with an open and a restricted webhook and a token of each role; `server` is inserted literally. */
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

export interface HttpEdge {
  readonly application: NestExpressApplication;
  readonly storage: Storage;
  readonly deliveries: FakeDeliveries;
  readonly deployments: FakeDeployments;
  readonly status: FakeStatus;
  /** Everything logged since the start. */
  readonly logged: () => string;
  /** Writes another configuration and reloads it, as SIGHUP does. */
  readonly reconfigure: (yaml: string) => void;
  /** A request; with a token if one is named. */
  readonly call: (
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    token?: keyof typeof SECRETS,
  ) => supertest.Test;
  readonly head: (path: string) => supertest.Test;
  readonly close: () => Promise<void>;
}

const IDLE = { abortLookup: () => undefined, wake: () => undefined };

interface HttpEdgeOptions {
  /** In place of the source of every webhook. */
  readonly source?: Source;
  /** Default: `fake`, which stores every delivery and makes no deployments. */
  readonly intake?: 'fake' | 'real';
}

/** The whole HTTP edge over a real storage; only the part that deploys is fake. */
export async function startHttpEdge(
  yaml = aConfiguration(),
  { source, intake = 'fake' }: HttpEdgeOptions = {},
): Promise<HttpEdge> {
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
    intake === 'real' ? DeliveryService : { provide: DeliveryService, useValue: deliveries },
    { provide: DeploymentService, useValue: deployments },
    { provide: StatusService, useValue: status },
    // Approvals act on stored deployments; nothing is rolled out.
    ApprovalService,
    DeploymentLog,
    { provide: Reconcilers, useValue: { of: () => IDLE } },
    DeploymentLifecycle,
    { provide: RollbackService, useValue: deployments },
    { provide: FreezeService, useValue: deployments },
    { provide: QuarantineService, useValue: deployments },
    { provide: Explainer, useValue: deployments },
    PollCounters,
    PruningCounters,
  ];
  const exports = providers.map((each) => ('provide' in each ? each.provide : each));
  @Module({ imports: [EnvironmentsModule], providers, exports })
  class FakeDeploymentsModule {}

  const builder = Test.createTestingModule({
    imports: [
      ConfigurationModule.forRoot({ path, environment: {} }),
      StorageModule.forOpened(storage),
      AccessModule,
      WebhooksModule,
      ApiModule,
      ApproveLinksModule,
      OpenApiModule,
      OperationsModule,
      HttpModule,
    ],
  })
    .overrideModule(DeploymentsModule)
    .useModule(FakeDeploymentsModule);
  if (source !== undefined) builder.overrideProvider(Sources).useValue({ of: () => source });
  const testing = await builder.compile();
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
    head: (url) => supertest(application.getHttpServer()).head(url),
    close: async () => {
      await application.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A synthetic Docker Hub body: the fields that count, and some that must not matter. */
export function aHubBody(repository = 'acme/web', tag: unknown = 'latest'): object {
  const [namespace, name] = repository.split('/');
  return {
    callback_url: 'http://169.254.169.254/',
    push_data: { tag, pushed_at: 1.7e9, pusher: 'somebody' },
    repository: { repo_name: repository, namespace, name, repo_url: 'http://127.0.0.1:1/' },
  };
}
