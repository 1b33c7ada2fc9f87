import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Explanation } from '../src/deployments/status/explainer.js';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { Scenario } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

const V1 = { version: 'v1', check: 'healthy' } as const;
const V2 = { version: 'v2', check: 'healthy' } as const;
const V3 = { version: 'v3', check: 'healthy' } as const;
const TOKENS = {
  ops: 'ops-token-of-the-policy-tests-0123',
  anna: 'anna-token-of-the-policy-tests-012',
} as const;
const ACCESS = [
  'access:',
  '  tokens:',
  ...Object.entries(TOKENS).map(
    ([name, secret]) => `    - { name: ${name}, role: operator, secret: ${secret} }`,
  ),
];
const ENVIRONMENT = '/environments/staging';

type Played = Scenario<DeployInProcess>;

function play(policy: string): Promise<Played> {
  const service = ['tag: latest', `policy: ${policy}`];
  return Scenario.startInProcess({ app: V1, service, configuration: ACCESS });
}

/** Pushes a version, tells of it, and waits until the policy holds its deployment. */
async function hold(scenario: Played, app: typeof V2 | typeof V3, waitingFor: string) {
  await scenario.push(app);
  const id = await scenario.hookedDeployment();
  return waitFor(
    `deployment ${id} to wait for ${waitingFor}`,
    () => scenario.deployment(id),
    (deployment) => deployment.waitingFor === waitingFor,
    { within: 30_000 },
  );
}

function as(name: keyof typeof TOKENS): RequestInit {
  return { headers: { authorization: `Bearer ${TOKENS[name]}` } };
}

function post(body: object = {}, init: RequestInit = {}): RequestInit {
  return { ...init, method: 'POST', body: JSON.stringify(body) };
}

async function explain(scenario: Played): Promise<Explanation | undefined> {
  const image = scenario.image().replace(/:latest$/, '');
  const answer = await scenario.deploy.api(
    `${ENVIRONMENT}/explain`,
    post({ image, tag: 'latest' }, as('ops')),
  );
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { items: Explanation[] }).items[0];
}

describe('a delay', () => {
  it('lets the newest push go when it is old enough, also across a restart', async () => {
    const scenario = await play('{ delay: 4s }');
    const first = await hold(scenario, V2, 'delay');
    expect(first.reason).toMatch(/^waits for the delay after the push, starts in \d s$/);
    const second = await hold(scenario, V3, 'delay');
    expect(await scenario.deployment(first.id)).toMatchObject({
      phase: 'superseded',
      supersededBy: second.id,
    });
    expect(Date.parse(second.notBefore ?? '')).toBe(Date.parse(second.createdAt) + 4_000);
    expect(await scenario.served()).toBe('v1');
    await scenario.deploy.restart();
    const done = await scenario.ended(second.id);
    expect(done).toMatchObject({ phase: 'succeeded', notBefore: null, waitingFor: null });
    expect(Date.parse(done.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(second.notBefore ?? ''),
    );
    expect(await scenario.served()).toBe('v3');
  });

  it('is not waited for by hand, also for the digest that waits', async () => {
    const scenario = await play('{ delay: 1h }');
    const waiting = await hold(scenario, V2, 'delay');
    const byHand = await scenario.deployByHand();
    expect(await scenario.ended(byHand.id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.deployment(waiting.id)).toMatchObject({ phase: 'superseded' });
    expect(await scenario.served()).toBe('v2');
  });
});

describe('a window', () => {
  it('holds back until it is open, and says when that is', async () => {
    const hour = (offset: number): string =>
      new Date(Date.now() + offset * 3_600_000).toISOString().slice(11, 16);
    const closed = `{ window: [{ from: "${hour(2)}", to: "${hour(3)}" }] }`;
    const scenario = await play(closed);
    const { id } = await hold(scenario, V2, 'window');
    expect((await scenario.deployment(id)).reason).toMatch(
      /^waits for the window every day \d\d:\d\d–\d\d:\d\d UTC, opens in 1 h \d+ min$/,
    );
    expect(await explain(scenario)).toMatchObject({ decision: 'wait', waitingFor: 'window' });
    expect(await scenario.service()).toMatchObject({
      window: { open: false, closesAt: null },
      policy: { window: [{ from: hour(2), to: hour(3), timezone: 'UTC' }] },
    });
    await scenario.deploy.restart((text) => text.replace(closed, '{}'));
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.service()).toMatchObject({ window: null, policy: {} });
  });
});

describe('a freeze', () => {
  const freeze = (scenario: Played, body: object) =>
    scenario.deploy.api(`${ENVIRONMENT}/freeze`, {
      ...as('ops'),
      method: 'PUT',
      body: JSON.stringify(body),
    });

  it('by hand holds back what is not forced by an admin, until it is ended', async () => {
    const scenario = await play('{}');
    expect((await freeze(scenario, { reason: 'x', until: '2020-01-01T00:00:00Z' })).status).toBe(
      400,
    );
    expect((await freeze(scenario, {})).status).toBe(400);
    expect((await freeze(scenario, { reason: 'sale' })).status).toBe(200);
    const frozen = (await (await scenario.deploy.api(ENVIRONMENT)).json()) as object;
    expect(frozen).toMatchObject({ frozen: { reason: 'sale', until: null, by: 'ops' } });
    const { id, reason } = await hold(scenario, V2, 'freeze');
    expect(reason).toBe('waits for the end of a freeze (sale), until it is lifted');
    await scenario.deploy.restart();

    const wish = `${ENVIRONMENT}/services/web/deployments`;
    const refused = await scenario.deploy.api(wish, post({ force: true }, as('ops')));
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'forbidden' });
    const forced = await scenario.deployByHand({ force: true });
    expect(await scenario.ended(forced.id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'superseded' });
    const back = await scenario.rollBack();
    expect(await scenario.ended(back.id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.served()).toBe('v1');

    const next = await hold(scenario, V3, 'freeze');
    const thawed = await scenario.deploy.api(`${ENVIRONMENT}/freeze`, {
      ...as('ops'),
      method: 'DELETE',
    });
    expect(thawed.status).toBe(204);
    expect(await scenario.ended(next.id)).toMatchObject({ phase: 'succeeded' });
    const audit = (await (await scenario.deploy.api('/audit')).json()) as {
      items: { action: string; by: string }[];
    };
    expect(audit.items.map(({ action, by }) => `${by} ${action}`)).toEqual([
      'ops thaw',
      'admin rollback',
      'admin deploy',
      'ops freeze',
    ]);
    expect((await scenario.deploy.api('/audit', as('ops'))).status).toBe(403);
  });

  it('with an end is over then', async () => {
    const scenario = await play('{}');
    const until = new Date(Date.now() + 4_000).toISOString();
    expect((await freeze(scenario, { reason: 'sale', until })).status).toBe(200);
    const { id, reason } = await hold(scenario, V2, 'freeze');
    expect(reason).toMatch(/^waits for the end of a freeze \(sale\), which ends (now|in \d s)$/);
    const ended = await scenario.ended(id);
    expect(ended).toMatchObject({ phase: 'succeeded' });
    expect(Date.parse(ended.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
    const { frozen } = (await (await scenario.deploy.api(ENVIRONMENT)).json()) as { frozen: null };
    expect(frozen).toBeNull();
  });

  it('of the calendar ends with the file', async () => {
    const year = new Date().getUTCFullYear();
    const calendar = `freezes: [{ from: ${year - 1}-01-01, to: ${year + 1}-12-31, reason: audit }]`;
    const scenario = await Scenario.startInProcess({
      app: V1,
      configuration: [calendar, ...ACCESS],
    });
    const { id } = await hold(scenario, V2, 'freeze');
    const thawed = await scenario.deploy.api(`${ENVIRONMENT}/freeze`, {
      ...as('ops'),
      method: 'DELETE',
    });
    expect(thawed.status).toBe(409);
    await scenario.deploy.restart((text) => text.replace(calendar, ''));
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded' });
  });
});

describe('an approval', () => {
  const say = (scenario: Played, id: string, what: string, who: keyof typeof TOKENS, body = {}) =>
    scenario.deploy.api(`/deployments/${id}/${what}`, post(body, as(who)));

  it('of somebody who may lets exactly this digest go', async () => {
    const scenario = await play('{ approval: { of: [anna] } }');
    const first = await hold(scenario, V2, 'approval');
    expect(first.reason).toBe('waits for approval: 0 of 1 approved; anna may approve');
    expect(Date.parse(first.expiresAt ?? '') - Date.now()).toBeGreaterThan(86_000_000);
    expect((await say(scenario, first.id, 'approve', 'ops')).status).toBe(403);
    const second = await hold(scenario, V3, 'approval');
    const late = await say(scenario, first.id, 'approve', 'anna');
    expect([late.status, await late.json()]).toMatchObject([409, { code: 'wrong-phase' }]);
    await scenario.deploy.restart();
    const agreed = await say(scenario, second.id, 'approve', 'anna', { comment: 'fine' });
    expect(agreed.status).toBe(200);
    expect(await scenario.ended(second.id)).toMatchObject({
      phase: 'succeeded',
      approvals: [{ by: 'anna' }],
      digest: second.digest,
    });
    expect((await say(scenario, second.id, 'approve', 'anna')).status).toBe(409);
  });

  it('of two takes two people, and comes in time or not at all', async () => {
    const scenario = await play('{ approval: { required: 2, expires: 1h } }');
    const { id } = await hold(scenario, V2, 'approval');
    for (const who of ['anna', 'anna'] as const) {
      expect((await say(scenario, id, 'approve', who)).status).toBe(200);
    }
    expect(await scenario.deployment(id)).toMatchObject({
      phase: 'waiting',
      reason: 'waits for approval: 1 of 2 approved (anna); every operator may approve',
    });
    expect((await say(scenario, id, 'approve', 'ops')).status).toBe(200);
    expect(await scenario.ended(id)).toMatchObject({
      phase: 'succeeded',
      approvals: [{ by: 'anna' }, { by: 'ops' }],
    });

    const late = await hold(scenario, V3, 'approval');
    expect((await say(scenario, late.id, 'approve', 'anna')).status).toBe(200);
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    await scenario.deploy.restart();
    expect(await scenario.ended(late.id)).toMatchObject({
      phase: 'expired',
      reason: 'not approved in time: 1 of 2 approved (anna); every operator may approve',
    });
    expect(await scenario.served()).toBe('v2');
  });

  it('is not for whoever asked by hand, and may be refused', async () => {
    const scenario = await play('{ approval: {} }');
    await scenario.push(V2);
    const asked = await scenario.deploy.api(
      `${ENVIRONMENT}/services/web/deployments`,
      post({}, as('anna')),
    );
    const { id } = (await asked.json()) as { id: string };
    await waitFor(
      'it to wait for approval',
      () => scenario.deployment(id),
      ({ waitingFor }) => waitingFor === 'approval',
      { within: 30_000 },
    );
    expect((await say(scenario, id, 'approve', 'anna')).status).toBe(403);
    const refused = await say(scenario, id, 'reject', 'ops', { comment: 'not today' });
    expect(await refused.json()).toMatchObject({
      phase: 'rejected',
      reason: 'rejected by ops: not today',
      expiresAt: null,
    });
    expect(await scenario.served()).toBe('v1');
  });
});

describe('the quarantine', () => {
  it('can be listed and lifted, and then the digest may go again', async () => {
    const scenario = await play('{}');
    const bad = await scenario.ship({ version: 'v2', check: 'unhealthy' });
    expect(bad.phase).toBe('rolled-back');
    const path = `${ENVIRONMENT}/services/web/quarantine`;
    const listed = await (await scenario.deploy.api(path, as('ops'))).json();
    expect(listed).toMatchObject({ items: [{ digest: bad.digest, deployment: bad.id }] });
    expect(await explain(scenario)).toMatchObject({ decision: 'skip' });
    const lift = () =>
      scenario.deploy.api(`${path}/${bad.digest ?? ''}`, { ...as('ops'), method: 'DELETE' });
    expect([(await lift()).status, (await lift()).status]).toEqual([204, 404]);
    expect(await explain(scenario)).toMatchObject({ decision: 'deploy', plan: { reason: null } });
  });
});
