import { Controller, Get, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessGuard } from '../../../src/access/access.guard.js';
import { Authenticator } from '../../../src/access/authenticator.js';
import { makeFirstToken } from '../../../src/access/first-token.js';
import { hashOf } from '../../../src/access/secret-hash.js';
import { ConfigurationService } from '../../../src/config/configuration.service.js';
import { OPERATIONS } from '../../../src/api/openapi/openapi-operations.js';
import { ProblemFilter } from '../../../src/http/problem.filter.js';
import { aConfiguration, SECRETS, startHttpEdge, type HttpEdge } from '../../support/http-edge.js';
import { aDeployment } from '../../support/http-fakes.js';

const OPEN = 'server: { throttle: { api: { limit: 0 }, failedAuth: { limit: 0 } } }';

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
}

/** Every route registered with Express, except the catch-all. */
function routesOf(edge: HttpEdge): Route[] {
  const express = edge.application.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; stack: { method: Route['method'] }[] } }[] };
  };
  return express.router.stack.flatMap(({ route }) =>
    route === undefined || route.path.includes('*')
      ? []
      : route.stack.map(({ method }) => ({ method, path: route.path })),
  );
}

describe('access', () => {
  let edge: HttpEdge;
  let id: string;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN));
    ({ id } = await aDeployment(edge.storage, 'production'));
  });
  afterAll(() => edge.close());

  const at = (path: string): string =>
    path
      .replace(':environment', 'production')
      .replace(':service', 'web')
      .replace(':id', id)
      .replace(':name', 'hub')
      .replace(':secret', 'x')
      .replace(':file', 'swagger-ui.css');

  it('requires on every route of the API a token with the role in its description', async () => {
    const routes = routesOf(edge);
    expect(routes.length).toBeGreaterThan(15);
    for (const { method, path } of routes) {
      const described = OPERATIONS[`${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')}`];
      expect(described, `${method} ${path} is described`).toBeDefined();
      const without = await edge.call(method, at(path));
      const isPublic = described?.access === 'public';
      expect([path, without.status === 401], `${method} ${path}`).toEqual([path, !isPublic]);
      expect(isPublic, path).toBe(!path.startsWith('/api/v1'));
      if (isPublic) continue;
      expect(without.headers['www-authenticate']).toBe('Bearer');
      expect(without.body).toMatchObject({ code: 'unauthorized' });
      if (described?.access === 'viewer') continue;
      const asViewer = await edge.call(method, at(path), 'viewer');
      expect([path, asViewer.status], `${method} ${path}`).toEqual([path, 403]);
    }
  });

  it.each([
    'Bearer wrong',
    'Bearer',
    `Basic ${SECRETS.admin}`,
    SECRETS.admin,
    `Bearer ${SECRETS.admin} x`,
    `Bearer ${SECRETS.hub}`,
  ])('refuses "Authorization: %s"', async (header) => {
    const answer = await edge.call('get', '/api/v1/environments').set('Authorization', header);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  it('shows a restricted token its own environments and refuses it the others', async () => {
    const own = await aDeployment(edge.storage, 'staging');
    const list = await edge.call('get', '/api/v1/deployments', 'staging');
    const environments = (list.body as { items: { environment: string }[] }).items.map(
      (each) => each.environment,
    );
    expect(new Set(environments)).toEqual(new Set(['staging']));
    expect((await edge.call('get', '/api/v1/environments', 'staging')).body).toEqual({
      items: [{ name: 'staging' }],
      next: null,
    });
    expect((await edge.call('get', `/api/v1/deployments/${own.id}`, 'staging')).status).toBe(200);
    const refused = [
      edge.call('get', '/api/v1/deployments?environment=production', 'staging'),
      edge.call('get', '/api/v1/environments/production', 'staging'),
      edge.call('get', '/api/v1/environments/production/services/web', 'staging'),
      edge.call('post', '/api/v1/environments/production/services/web/deployments', 'staging'),
      edge.call('post', '/api/v1/environments/production/services/web/rollback', 'staging'),
      edge.call('get', `/api/v1/deployments/${id}`, 'staging'),
      edge.call('get', `/api/v1/deployments/${id}/log`, 'staging'),
      edge.call('post', `/api/v1/deployments/${id}/cancel`, 'staging'),
    ];
    for (const each of refused) {
      const answer = await each;
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'forbidden']);
    }
    expect(edge.deployments.calls).toEqual([]);
  });

  it('follows the configuration when it is reloaded', async () => {
    edge.reconfigure(
      aConfiguration(OPEN).replace(SECRETS.viewer, 'another-viewer-token-0123456789'),
    );
    expect((await edge.call('get', '/api/v1/environments', 'viewer')).status).toBe(401);
    edge.reconfigure(aConfiguration(OPEN));
    expect((await edge.call('get', '/api/v1/environments', 'viewer')).status).toBe(200);
  });

  it('creates one admin token if none is configured, and stores only its hash', async () => {
    const configuration = edge.application.get(ConfigurationService).current();
    expect(await makeFirstToken(configuration, edge.storage)).toBeNull();
    const made = await makeFirstToken({ ...configuration, tokens: [] }, edge.storage);
    const token = made?.reveal() ?? '';
    expect(token).toMatch(/^deploy_[0-9a-f]{48}$/);
    expect(await makeFirstToken({ ...configuration, tokens: [] }, edge.storage)).toBeNull();
    expect(await edge.storage.tokens.all()).toEqual([
      { name: 'admin', role: 'admin', hash: hashOf(token).toString('hex') },
    ]);
    await edge.application.get(Authenticator).onModuleInit();
    const asFirst = () =>
      edge.call('get', '/api/v1/environments').set('Authorization', `Bearer ${token}`);
    // A configured admin token revokes it.
    expect((await asFirst()).status).toBe(401);
    edge.reconfigure(aConfiguration(OPEN).replace(/.*role: admin.*\n/, ''));
    expect((await asFirst()).status).toBe(200);
    edge.reconfigure(aConfiguration(OPEN));
  });
});

describe('a route without a declared access', () => {
  @Controller('forgotten')
  class ForgottenController {
    @Get()
    read(): string {
      return 'secret';
    }
  }

  it('is refused to everyone', async () => {
    const everyone = {
      identify: () =>
        Promise.resolve({
          kind: 'known',
          principal: { name: 'root', role: 'admin', environments: null },
        }),
    };
    @Module({
      controllers: [ForgottenController],
      providers: [
        { provide: Authenticator, useValue: everyone },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    })
    class ForgottenModule {}
    const testing = await Test.createTestingModule({ imports: [ForgottenModule] }).compile();
    const application = testing.createNestApplication<NestExpressApplication>({ logger: false });
    await application.init();
    const answer = await supertest(application.getHttpServer()).get('/forgotten');
    expect([answer.status, answer.text.includes('secret')]).toEqual([403, false]);
    await application.close();
  });
});
