import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ulid } from 'ulid';
import { SCHEMAS } from '../../../src/api/openapi/openapi-schemas.js';
import {
  aConfiguration,
  aHubBody,
  SECRETS,
  startHttpEdge,
  type HttpEdge,
} from '../../support/http-edge.js';
import { aDeployment, DIGEST } from '../../support/http-fakes.js';

const OPEN =
  'server: { throttle: { api: { limit: 0 }, webhook: { limit: 0 }, failedAuth: { limit: 0 } } }';
const SERVICE = '/api/v1/environments/staging/services/web';

/** As in the tests' configuration. */
const OPS = expect.objectContaining({ name: 'ops', role: 'operator' }) as unknown;

interface Problem {
  code: string;
  errors?: { path: string; message: string }[];
}
interface Page {
  items: { id: string }[];
  next: string | null;
}

describe('REST', () => {
  let edge: HttpEdge;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN));
  });
  afterAll(() => edge.close());
  beforeEach(() => {
    edge.deployments.calls.length = 0;
  });

  it('deploys manually', async () => {
    const body = { tag: 'v1.2', reason: 'because', force: true, digest: null };
    const answer = await edge.call('post', `${SERVICE}/deployments`, 'operator').send(body);
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.body as object)).toEqual(
      expect.arrayContaining([...(SCHEMAS.Deployment.required as string[])]),
    );
    expect(answer.body).not.toHaveProperty('steps');
    expect(answer.headers.location).toBe(
      `/api/v1/deployments/${(answer.body as { id: string }).id}`,
    );
    expect(edge.deployments.calls).toEqual([
      ['deploy', 'staging', 'web', { tag: 'v1.2', reason: 'because', force: true }, OPS],
    ]);
  });

  it('deploys manually without a body', async () => {
    const answer = await edge.call('post', `${SERVICE}/deployments`, 'operator');
    expect(answer.status).toBe(202);
    expect(edge.deployments.calls).toEqual([['deploy', 'staging', 'web', {}, OPS]]);
  });

  it('only returns the plan of a dry run', async () => {
    const answer = await edge
      .call('post', `${SERVICE}/deployments`, 'operator')
      .send({ dryRun: true, digest: DIGEST });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body as object).toSorted()).toEqual(
      [...(SCHEMAS.Plan.required as string[])].toSorted(),
    );
    expect(edge.deployments.calls).toEqual([['plan', 'staging', 'web', { digest: DIGEST }]]);
  });

  it('rolls back and cancels', async () => {
    const to = ulid();
    expect((await edge.call('post', `${SERVICE}/rollback`, 'operator').send({ to })).status).toBe(
      202,
    );
    expect(edge.deployments.calls).toEqual([['rollback', 'staging', 'web', { to }, OPS]]);
    const { id } = await aDeployment(edge.storage);
    const cancelled = await edge
      .call('post', `/api/v1/deployments/${id}/cancel`, 'operator')
      .send({ comment: 'no' });
    expect(cancelled.body).toMatchObject({ id, phase: 'cancelled' });
    const started = await aDeployment(edge.storage);
    await edge.storage.deployments.transition(started.id, { phase: 'queued' });
    await edge.storage.deployments.transition(started.id, { phase: 'running' });
    const again = await edge
      .call('post', `/api/v1/deployments/${started.id}/cancel`, 'operator')
      .send({});
    expect([again.status, (again.body as Problem).code]).toEqual([409, 'wrong-phase']);
  });

  it.each([
    ['tag', { tag: 'not a tag' }],
    ['tag', { tag: ['latest'] }],
    ['digest', { digest: 'sha256:abc' }],
    ['reason', { reason: 7 }],
    ['reason', { reason: 'x'.repeat(1001) }],
    ['force', { force: 'true' }],
    ['dryRun', { dryRun: 1 }],
    ['unknown', { unknown: 1 }],
    ['constructor', { constructor: 1 }],
  ])('reports an invalid %s', async (path, body) => {
    const answer = await edge.call('post', `${SERVICE}/deployments`, 'operator').send(body);
    expect([answer.status, (answer.body as Problem).code]).toEqual([400, 'invalid']);
    expect((answer.body as Problem).errors?.map((error) => error.path)).toContain(path);
    expect(edge.deployments.calls).toEqual([]);
  });

  it.each([
    ['not JSON', '{', 400, 'invalid'],
    ['a list', '[]', 400, 'invalid'],
    ['a string', '"x"', 400, 'invalid'],
    ['a hundred levels', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 400, 'invalid'],
    ['twenty thousand levels', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400, 'invalid'],
    ['an own __proto__', '{"__proto__":{"dryRun":true}}', 400, 'invalid'],
    ['too much', JSON.stringify({ reason: 'x'.repeat(200_000) }), 413, 'too-large'],
  ])('refuses a body that is %s', async (_, body, status, code) => {
    const answer = await edge
      .call('post', `${SERVICE}/deployments`, 'operator')
      .type('json')
      .send(body);
    expect([answer.status, (answer.body as Problem).code]).toEqual([status, code]);
    expect(edge.deployments.calls).toEqual([]);
  });

  it('refuses other media types, and reads no body from unknown callers', async () => {
    const form = await edge
      .call('post', `${SERVICE}/deployments`, 'operator')
      .type('form')
      .send('tag=x');
    expect([form.status, (form.body as Problem).code]).toEqual([415, 'unsupported-media-type']);
    const stranger = await edge.call('post', `${SERVICE}/deployments`).type('json').send('{');
    expect(stranger.status).toBe(401);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=abc', 'cursor'],
    ['cursor=', 'cursor'],
    ['phase=gone', 'phase'],
    ['environment=', 'environment'],
    ['sort=asc', 'sort'],
  ])('refuses the filter %s', async (query, path) => {
    const answer = await edge.call('get', `/api/v1/deployments?${query}`, 'viewer');
    expect([answer.status, (answer.body as Problem).code]).toEqual([400, 'invalid']);
    expect((answer.body as Problem).errors?.map((error) => error.path)).toContain(path);
  });

  it('walks through a list page by page, newest first, each item once', async () => {
    for (let index = 0; index < 5; index += 1) await aDeployment(edge.storage, 'staging', 'paged');
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await edge.call(
        'get',
        `/api/v1/deployments?service=paged&limit=2${query}`,
        'viewer',
      );
      expect(answer.status).toBe(200);
      const page = answer.body as Page;
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
  });

  it('shows one deployment with its steps', async () => {
    const { id } = await aDeployment(edge.storage);
    const seq = await edge.storage.deployments.beginStep(
      id,
      'pull',
      null,
      new Date().toISOString(),
    );
    await edge.storage.deployments.finishStep(id, seq, 'done', 'pulled', new Date().toISOString());
    const answer = await edge.call('get', `/api/v1/deployments/${id}`, 'viewer');
    expect(Object.keys(answer.body as object).toSorted()).toEqual(
      [...(SCHEMAS.DeploymentWithSteps.required as string[])].toSorted(),
    );
    expect(answer.body).toMatchObject({
      id,
      steps: [{ name: 'pull', outcome: 'done', detail: 'pulled' }],
    });
  });

  it.each([
    '/api/v1/deployments/nothing',
    '/api/v1/deliveries/nothing',
    '/api/v1/environments/nothing',
    '/api/v1/environments/staging/services/nothing',
    '/api/v1/nothing',
    '/',
    '/api/v1/deployments/x/undo',
    '/api/v1/audits',
  ])('answers 404 with a problem at %s', async (path) => {
    const answer = await edge.call('get', path, 'operator');
    expect([answer.status, (answer.body as Problem).code]).toEqual([404, 'not-found']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('reports the methods of an address', async () => {
    const answer = await edge.call('delete', '/api/v1/deployments', 'operator');
    expect([answer.status, answer.headers.allow, (answer.body as Problem).code]).toEqual([
      405,
      'GET',
      'method-not-allowed',
    ]);
  });

  it('lists, shows and replays deliveries', async () => {
    const received = await edge.call('post', `/webhooks/hub/${SECRETS.hub}`).send(aHubBody());
    const { delivery: id } = received.body as { delivery: string };
    const list = (await edge.call('get', '/api/v1/deliveries?limit=1', 'operator')).body as Page;
    expect(Object.keys(list.items[0] ?? {}).toSorted()).toEqual(
      [...(SCHEMAS.DeliverySummary.required as string[])].toSorted(),
    );
    const one = (await edge.call('get', `/api/v1/deliveries/${id}`, 'operator')).body as object;
    expect(Object.keys(one).toSorted()).toEqual(
      [...(SCHEMAS.Delivery.required as string[])].toSorted(),
    );
    expect(one).toMatchObject({
      id,
      webhook: 'hub',
      type: 'docker-hub',
      from: '127.0.0.1',
      outcome: 'accepted',
      pushes: [{ image: 'docker.io/acme/web', tag: 'latest', digest: null }],
    });
    const replayed = await edge.call('post', `/api/v1/deliveries/${id}/replay`, 'operator');
    expect(replayed.status).toBe(202);
    expect((replayed.body as { id: string }).id).not.toBe(id);
    expect((await edge.call('get', `/api/v1/deliveries/${id}`, 'staging')).status).toBe(403);
    expect((await edge.call('post', `/api/v1/deliveries/${id}/replay`, 'staging')).status).toBe(
      403,
    );
  });

  it('lets a restricted token replay only what cannot deploy elsewhere', async () => {
    const deployment = await aDeployment(edge.storage, 'staging');
    const received = await edge
      .call('post', `/webhooks/hub/${SECRETS.hub}`)
      .send(aHubBody('acme/web', 'once'));
    const { delivery: id } = received.body as { delivery: string };
    await edge.storage.deliveries.link(id, deployment.id);
    expect((await edge.call('get', `/api/v1/deliveries/${id}`, 'staging')).status).toBe(200);
    expect((await edge.call('post', `/api/v1/deliveries/${id}/replay`, 'staging')).status).toBe(
      403,
    );
    edge.reconfigure(
      aConfiguration(OPEN).replace('hub: { type', 'hub: { environments: [staging], type'),
    );
    expect((await edge.call('post', `/api/v1/deliveries/${id}/replay`, 'staging')).status).toBe(
      202,
    );
    edge.reconfigure(aConfiguration(OPEN));
  });
});
