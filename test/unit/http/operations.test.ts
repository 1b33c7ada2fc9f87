import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/domain/secrets/secret.js';
import { DeployLogger } from '../../../src/operations/logger.js';
import {
  aConfiguration,
  aHubBody,
  SECRETS,
  startHttpEdge,
  type HttpEdge,
} from '../../support/http-edge.js';
import { aDeployment } from '../../support/http-fakes.js';

const OPEN = 'server: { throttle: { api: { limit: 0 } } }';

describe('operations', () => {
  let edge: HttpEdge;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN));
  });
  afterAll(() => edge.close());
  afterEach(() => {
    vi.restoreAllMocks();
    edge.status.engineReason = null;
  });

  it('is live', async () => {
    const answer = await edge.call('get', '/health/live');
    expect([answer.status, answer.body]).toEqual([200, { status: 'up' }]);
  });

  it('is ready although an engine is down, and reports it', async () => {
    edge.status.engineReason = 'connection refused';
    const answer = await edge.call('get', '/health/ready');
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        status: 'up',
        storage: { status: 'up', reason: null },
        engines: { local: { status: 'down', reason: 'connection refused' } },
      },
    ]);
    expect((await edge.call('get', '/metrics')).text).toContain(
      'deploy_engine_up{engine="local"} 0',
    );
  });

  it('is not ready while deliveries cannot be stored', async () => {
    vi.spyOn(edge.storage, 'isWritable').mockResolvedValue(false);
    const answer = await edge.call('get', '/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ status: 'down', storage: { status: 'down' } });
  });

  it('counts deliveries by outcome and deployments by phase', async () => {
    const hub = `/webhooks/hub/${SECRETS.hub}`;
    await edge.call('post', hub).send(aHubBody());
    await edge.call('post', hub).send('nonsense');
    await edge.call('post', hub).send('nonsense');
    await aDeployment(edge.storage);
    const { id } = await aDeployment(edge.storage);
    await edge.storage.deployments.transition(id, { phase: 'cancelled' });
    await edge.storage.deployments.transition(id, { reason: 'told once more' });
    for (let time = 0; time < 2; time += 1) {
      const { text, headers } = await edge.call('get', '/metrics');
      expect(headers['content-type']).toContain('text/plain');
      expect(text).toContain('deploy_deliveries_total{outcome="accepted"} 1');
      expect(text).toContain('deploy_deliveries_total{outcome="ignored"} 2');
      expect(text).toContain('deploy_deployments_total{phase="cancelled"} 1');
      expect(text).toContain('deploy_deployments_active{phase="waiting"} 1');
      expect(text).toContain('process_resident_memory_bytes');
    }
  });

  it('serves metrics only at their own address if there is one', async () => {
    edge.reconfigure(
      aConfiguration(OPEN.replace('{ throttle', '{ metricsListen: "127.0.0.1:9", throttle')),
    );
    expect((await edge.call('get', '/metrics')).status).toBe(404);
    edge.reconfigure(aConfiguration(OPEN));
  });

  it('describes itself as OpenAPI 3.1 without dangling references', async () => {
    const answer = await edge.call('get', '/api/openapi.json');
    expect(answer.status).toBe(200);
    const document = answer.body as {
      openapi: string;
      paths: object;
      components: { schemas: object };
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/deployments/{id}',
        '/webhooks/{name}/{secret}',
        '/health/ready',
      ]),
    );
    const references = [...answer.text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1],
    );
    expect(references.length).toBeGreaterThan(20);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(references));
  });

  it('can be browsed without loading anything from other hosts', async () => {
    const page = await edge.call('get', '/api/docs');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const used = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(used).toHaveLength(4);
    for (const path of used) {
      expect(path).toMatch(/^\/api\/docs\//);
      expect([path, (await edge.call('get', path)).status]).toEqual([path, 200]);
    }
    expect((await edge.call('get', '/api/docs/package.json')).status).toBe(404);
    expect((await edge.call('get', '/api/docs/..%2Fpackage.json')).status).toBe(404);
  });

  it('logs one line for each request, with caller and address, and without tokens', async () => {
    const before = edge.logged().length;
    await edge.call('get', '/api/v1/environments?x=1', 'viewer');
    await edge
      .call('get', '/api/v1/environments')
      .set('Authorization', 'Bearer wrong-canary-token');
    const lines = edge
      .logged()
      .slice(before)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ context }) => context === 'Access')).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: '/api/v1/environments',
        status: 400,
        from: '127.0.0.1',
        token: 'reader',
      }),
      expect.objectContaining({ path: '/api/v1/environments', status: 401, token: null }),
    ]);
    for (const secret of ['wrong-canary-token', ...Object.values(SECRETS)])
      expect(edge.logged()).not.toContain(secret);
  });
});

describe('the logger', () => {
  it('writes strings, fields and errors as JSON, and never a secret', () => {
    const lines: string[] = [];
    const logger = DeployLogger.to('debug', { write: (line) => void lines.push(line) });
    logger.log('a text', 'Context');
    logger.warn(
      {
        msg: 'fields',
        deployment: 'x',
        token: new Secret('hush'),
        nested: { token: new Secret('hush') },
      },
      'Context',
    );
    logger.error(new Error('outer', { cause: new Error('inner') }));
    logger.error('it broke', 'the stack', 'Context');
    logger.log('of the framework', 'RouterExplorer');
    const written = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(written[0]).toMatchObject({ level: 'info', msg: 'a text', context: 'Context' });
    expect(written[1]).toMatchObject({
      level: 'warn',
      msg: 'fields',
      deployment: 'x',
      token: '***',
      nested: { token: '***' },
    });
    expect(lines[2]).toContain('inner');
    expect(written[3]).toMatchObject({
      level: 'error',
      msg: 'it broke',
      stack: 'the stack',
      context: 'Context',
    });
    expect(written[4]).toMatchObject({ level: 'debug' });
    expect(lines.join('')).not.toContain('hush');
  });
});

describe('a shutdown', () => {
  it('ends open streams and idle connections by itself', async () => {
    const edge = await startHttpEdge();
    const { port } = edge.application.getHttpServer().address() as { port: number };
    const stream = await fetch(`http://127.0.0.1:${String(port)}/api/v1/events`, {
      headers: { Authorization: `Bearer ${SECRETS.viewer}` },
    });
    const started = Date.now();
    await edge.close();
    expect(Date.now() - started).toBeLessThan(2000);
    expect(await stream.text()).not.toContain('event:');
  });
});
