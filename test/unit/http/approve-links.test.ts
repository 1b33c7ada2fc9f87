import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type supertest from 'supertest';
import { readLink, signLink } from '../../../src/deployments/actions/link-signature.js';
import type { ApproveLink } from '../../../src/domain/deployment/approve-link.js';
import type { Deployment } from '../../../src/domain/deployment/deployment.js';
import { aConfiguration, startHttpEdge, type HttpEdge } from '../../support/http-edge.js';
import { aDeployment, DIGEST } from '../../support/http-fakes.js';

const BASE = 'https://deploy.example.com/cd';
const OPEN = 'throttle: { api: { limit: 0 }, failedAuth: { limit: 0 } }';

function configured(approval: string, server = `publicUrl: "${BASE}", ${OPEN}`): string {
  const own = 'production:\n    engine: local\n';
  return aConfiguration(`server: { ${server} }`).replace(
    own,
    `${own}    policy: { approval: ${approval} }\n`,
  );
}

const ANNA = configured('{ of: [anna, ops, reader] }');
describe('approve links', () => {
  let edge: HttpEdge;
  beforeEach(async () => {
    edge = await startHttpEdge(ANNA);
  });
  afterEach(() => edge.close());

  async function waiting(changes: { by?: string } = {}): Promise<Deployment> {
    const { id } = await aDeployment(edge.storage, 'production', 'web', changes.by ?? 'somebody');
    return edge.storage.deployments.transition(id, {
      waitingFor: 'approval',
      digest: DIGEST,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
  }

  function ask(id: string, body: object, token: 'operator' | 'admin' | 'staging' = 'admin') {
    return edge.call('post', `/api/v1/deployments/${id}/approve-link`, token).send(body);
  }

  /** Creates one as the admin; returns its path. */
  async function aLink(id: string, person = 'anna'): Promise<string> {
    const made = (await ask(id, { for: person })).body as { url: string };
    return made.url.slice(BASE.length);
  }

  function answer(path: string, form: object = { verdict: 'approve' }): supertest.Test {
    return edge.call('post', path).type('form').send(form);
  }

  async function audited(): Promise<string[]> {
    const entries = await edge.storage.audit.list({ limit: 10, before: null });
    return entries.map(({ by, role, action, detail }) => `${by} ${role} ${action} ${detail ?? ''}`);
  }

  async function keyOf(): Promise<Buffer> {
    return Buffer.from((await edge.storage.settings.get('approve-links.key')) ?? '', 'base64url');
  }

  /** The same link with changed content, signed with the right key. */
  async function resigned(path: string, changes: Partial<ApproveLink>): Promise<string> {
    const key = await keyOf();
    const link = readLink(path.slice('/approve/'.length), key);
    if (link === null) throw new Error('not signed with this key');
    return `/approve/${signLink({ ...link, ...changes }, key)}`;
  }

  describe('are created', () => {
    it('for others by admins, for oneself by operators, and audited', async () => {
      const { id, expiresAt } = await waiting();
      const made = await ask(id, { for: 'anna' });
      expect([made.status, made.body]).toEqual([
        200,
        { url: expect.stringContaining(`${BASE}/approve/`) as string, expiresAt },
      ]);
      expect((await ask(id, {}, 'operator')).status).toBe(200);
      expect((await ask(id, { for: 'ops' }, 'operator')).status).toBe(200);
      expect((await ask(id, { for: 'anna' }, 'operator')).status).toBe(403);
      expect((await ask(id, {}, 'staging')).status).toBe(403);
      expect(await audited()).toEqual([
        `ops operator approve-link for ops, until ${expiresAt ?? ''}`,
        `ops operator approve-link for ops, until ${expiresAt ?? ''}`,
        `root admin approve-link for anna, until ${expiresAt ?? ''}`,
      ]);
    });

    it.each([
      ['someone whom the policy does not name', { for: 'ben' }, 403, 'forbidden'],
      ['someone whose role is insufficient', { for: 'reader' }, 403, 'forbidden'],
      ['an empty name', { for: '' }, 400, 'invalid'],
      ['a list of names', { for: ['anna'] }, 400, 'invalid'],
    ])('not for %s', async (_, body, status, code) => {
      const { id } = await waiting();
      const refused = await ask(id, body);
      expect([refused.status, refused.body]).toMatchObject([status, { code }]);
    });

    it('only for operators if the policy names no one', async () => {
      edge.reconfigure(configured('{}'));
      const { id } = await waiting();
      expect((await ask(id, { for: 'ops' })).status).toBe(200);
      for (const name of ['anna', 'reader', 'stager']) {
        expect([name, (await ask(id, { for: name })).status]).toEqual([name, 403]);
      }
    });

    it('neither for nor by the person who deployed manually', async () => {
      const byOps = await waiting({ by: 'ops' });
      expect((await ask(byOps.id, { for: 'ops' })).status).toBe(403);
      expect((await ask(byOps.id, { for: 'anna' })).status).toBe(200);
      const byRoot = await waiting({ by: 'root' });
      expect((await ask(byRoot.id, { for: 'anna' })).status).toBe(403);
    });

    it('not without server.publicUrl, nor for a deployment that is not waiting for approval', async () => {
      const { id } = await waiting();
      edge.reconfigure(configured('{ of: [anna] }', OPEN));
      const refused = await ask(id, { for: 'anna' });
      expect([refused.status, refused.body]).toMatchObject([
        409,
        { code: 'no-public-url', detail: expect.stringContaining('server.publicUrl') as string },
      ]);
      edge.reconfigure(ANNA);
      const other = await aDeployment(edge.storage, 'production');
      expect((await ask(other.id, { for: 'anna' })).body).toMatchObject({ code: 'wrong-phase' });
      expect((await ask('nothing', { for: 'anna' })).status).toBe(404);
    });
  });

  it('show the question, and change nothing on GET and HEAD', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    const before = [await edge.storage.deployments.get(id), await audited()];
    for (let time = 0; time < 3; time += 1) {
      const page = await edge.call('get', path);
      expect(page.status).toBe(200);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; .*frame-ancestors 'none'$/,
        ) as string,
      });
      for (const shown of ['production', 'web', 'docker.io/acme/web', DIGEST, 'anna', 'somebody']) {
        expect(page.text).toContain(shown);
      }
      const head = await edge.head(path);
      expect([head.status, head.text]).toEqual([200, undefined]);
    }
    expect([await edge.storage.deployments.get(id), await audited()]).toEqual(before);
  });

  it('approve once, in the name of the person', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    const second = await aLink(id);
    const done = await answer(path, { verdict: 'approve', comment: ' <fine>\r\nindeed ' });
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Approved')]);
    expect(await edge.storage.deployments.get(id)).toMatchObject({
      phase: 'queued',
      approvals: [{ by: 'anna' }],
    });
    expect((await audited())[0]).toBe('anna operator approve with a link: <fine>\nindeed');
    for (const again of [await answer(path), await edge.call('get', path)]) {
      expect([again.status, again.text]).toEqual([410, expect.stringContaining('has been used')]);
    }
    const late = await answer(second);
    expect([late.status, late.text]).toEqual([409, expect.stringContaining('it is queued')]);
    const unspent = readLink(second.slice('/approve/'.length), await keyOf());
    expect(unspent).not.toBeNull();
    if (unspent !== null) expect(await edge.storage.spentLinks.has(unspent)).toBe(false);
  });

  it('give one verdict, even when both arrive at once', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    const both = await Promise.all([
      answer(path),
      answer(path, { verdict: 'reject', comment: 'no' }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 410]);
    expect((await audited()).filter((entry) => entry.startsWith('anna'))).toHaveLength(1);
  });

  it('reject with a reason', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    expect((await answer(path, { verdict: 'reject', comment: 'not today' })).status).toBe(200);
    expect(await edge.storage.deployments.get(id)).toMatchObject({
      phase: 'rejected',
      reason: 'rejected by anna with a link: not today',
    });
  });

  it('count as one of several', async () => {
    edge.reconfigure(configured('{ required: 2, of: [anna, ben] }'));
    const { id } = await waiting();
    const first = await answer(await aLink(id, 'anna'));
    expect(first.text).toContain('waits for more people');
    expect((await answer(await aLink(id, 'anna'))).status).toBe(200);
    expect(await edge.storage.deployments.get(id)).toMatchObject({ phase: 'waiting' });
    expect((await answer(await aLink(id, 'ben'))).text).toContain('every approval');
  });

  it('are refused alike whether forged or unknown, and say when they have expired', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    const forged = await edge.call('get', `${path.slice(0, -1)}${path.endsWith('A') ? 'E' : 'A'}`);
    const unknown = await edge.call('get', await resigned(path, { deployment: 'gone' }));
    const nonsense = await answer('/approve/x');
    expect([forged.status, unknown.status, nonsense.status]).toEqual([404, 404, 404]);
    expect([unknown.text, nonsense.text]).toEqual([forged.text, forged.text]);
    expect(unknown.headers['content-length']).toBe(forged.headers['content-length']);
    const expired = await resigned(path, { expiresAt: new Date(Date.now() - 1).toISOString() });
    expect((await answer(expired)).text).toContain('has expired');
    expect((await edge.call('get', expired)).status).toBe(410);
    const other = await resigned(path, { digest: `sha256:${'b'.repeat(64)}` });
    expect((await answer(other)).status).toBe(409);
    expect(await edge.storage.deployments.get(id)).toMatchObject({ phase: 'waiting' });
  });

  it('do nothing for a person who may no longer approve', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    edge.reconfigure(configured('{ of: [ben] }'));
    const refused = await answer(path);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('Only ben may')]);
    edge.reconfigure(ANNA);
    expect((await answer(path)).status).toBe(200);
  });

  it.each([
    ['nothing', {}, 400],
    ['another verdict', { verdict: 'cancel' }, 400],
    ['two verdicts', 'verdict=approve&verdict=reject', 400],
    ['two comments', 'verdict=approve&comment=a&comment=b', 400],
    ['too long a comment', { verdict: 'approve', comment: 'x'.repeat(1001) }, 400],
    ['broken encoding', 'verdict=%zz&%', 400],
    ['many fields', 'a=1&'.repeat(1000), 413],
    ['too much', { verdict: 'approve', comment: 'x'.repeat(20_000) }, 413],
  ])('refuse a form with %s, and stay valid', async (_, form, status) => {
    const { id } = await waiting();
    const path = await aLink(id);
    const refused = await answer(path, form as object);
    expect([refused.status, refused.type]).toEqual([status, 'text/html']);
    const longest = { verdict: 'approve', comment: '語'.repeat(1000) };
    expect((await answer(path, longest)).status).toBe(200);
  });

  it('accept only plain forms', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    const post = () => edge.call('post', path);
    expect((await post().send({ verdict: 'approve' })).status).toBe(415);
    expect((await post()).status).toBe(415);
    const packed = post().type('form').set('Content-Encoding', 'gzip').send('verdict=approve');
    expect((await packed).status).toBe(415);
    const charset = 'application/x-www-form-urlencoded; charset=utf-16';
    expect((await post().set('Content-Type', charset).send('verdict=approve')).status).toBe(415);
    expect((await edge.call('put', path)).status).toBe(405);
    expect(await edge.storage.deployments.get(id)).toMatchObject({ phase: 'waiting' });
  });

  it('block a sender of wrong ones, even with a valid one, with a page', async () => {
    edge.reconfigure(
      configured('{ of: [anna] }', `publicUrl: "${BASE}", throttle: { failedAuth: { limit: 3 } }`),
    );
    const { id } = await waiting();
    const path = await aLink(id);
    for (let time = 0; time < 3; time += 1) {
      expect((await edge.call('get', '/approve/wrong')).status).toBe(404);
    }
    const blocked = await answer(path);
    expect([blocked.status, blocked.type]).toEqual([429, 'text/html']);
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('are never logged', async () => {
    const { id } = await waiting();
    const path = await aLink(id);
    await edge.call('get', path);
    await answer(path);
    await answer(path);
    const [payload = '', signature = ''] = path.slice('/approve/'.length).split('.');
    expect(edge.logged()).toContain('/approve/***');
    expect(edge.logged()).not.toContain(payload);
    expect(edge.logged()).not.toContain(signature);
    expect(edge.logged()).not.toContain((await keyOf()).toString('base64url'));
  });

  it('are signed with one key', async () => {
    const { id } = await waiting();
    await aLink(id);
    const key = await keyOf();
    await aLink(id);
    expect([key.length, await keyOf()]).toEqual([32, key]);
  });
});
