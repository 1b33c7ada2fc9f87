import { describe, expect, it } from 'vitest';
import { aDelivery, aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';

const NO_FINGERPRINT = { bodyHash: null, senderDeliveryId: null };

const HOSTILE = [
  "'); drop table deliveries; --",
  '" or 1=1 --',
  '`; delete from deployments',
  'NUL \0 in the \0\0 middle and at the end \0',
  '\0',
  'emoji 👩‍👩‍👧‍👦 and ü and \u202e backwards and \ufffd',
  '',
  '{"$json": ["\\u0000", null]}',
  '%_?:@$1 \\ \r\n\t\u2028',
];

describe('a delivery', () => {
  it.each(HOSTILE)('is stored unchanged, with the text %j anywhere', async (text) => {
    const { deliveries, deployments, logs, settings, quarantine } = await anOpenStorage();
    const delivery = aDelivery({
      id: `id ${text}`,
      webhook: text,
      from: text,
      reason: text,
      headers: { [text]: text },
      pushes: [{ repository: text, tag: text, digest: text }],
      body: text,
    });
    await deliveries.insert(delivery, { bodyHash: text, senderDeliveryId: text });
    expect(await deliveries.get(`id ${text}`)).toEqual(delivery);
    const since = { bodySince: '2026', idSince: '2026' };
    expect(
      await deliveries.findDuplicate(text, { bodyHash: text, senderDeliveryId: text, ...since }),
    ).toBe(delivery.id);

    await deployments.insert(aDeployment({ service: text, reason: text }));
    expect((await deployments.list({ service: text, limit: 10 }))[0]?.reason).toBe(text);
    await logs.append(aDeployment().id, [{ at: 'now', level: 'info', text }]);
    expect((await logs.read(aDeployment().id, 0, 1))[0]?.text).toBe(text);
    await settings.set(text, text);
    expect(await settings.get(text)).toBe(text);
    const entry = { environment: text, service: text, digest: text, reason: text };
    await quarantine.add({ ...entry, deployment: text, at: text });
    expect(await quarantine.list(text, text)).toEqual([text]);
  });

  it('may be a mebibyte', async () => {
    const { deliveries } = await anOpenStorage();
    for (const [id, body] of [
      ['a', 'x'.repeat(1_048_576)],
      ['b', '👍'.repeat(262_144)],
      ['c', '\0'.repeat(1_048_576)],
    ] as const) {
      await deliveries.insert(aDelivery({ id, body }), NO_FINGERPRINT);
      expect((await deliveries.get(id))?.body === body).toBe(true);
    }
  });

  it('is linked to the deployments that it created or joined, in order, once each', async () => {
    const { deliveries, deployments } = await anOpenStorage();
    for (const id of ['1', '2', '3']) await deployments.insert(aDeployment({ id }));
    await deliveries.insert(aDelivery({ deployments: ['2', '3'] }), NO_FINGERPRINT);
    await deliveries.link(aDelivery().id, '1');
    await deliveries.link(aDelivery().id, '3');
    expect((await deliveries.get(aDelivery().id))?.deployments).toEqual(['2', '3', '1']);
    await expect(deliveries.link('nobody', '1')).rejects.toMatchObject({ code: 'internal' });
  });

  it('collects later outcomes in its reason', async () => {
    const { deliveries } = await anOpenStorage();
    const explained = async (reason: string | null): Promise<string | null | undefined> => {
      const id = `id ${String(reason)}`;
      await deliveries.insert(aDelivery({ id, reason }), NO_FINGERPRINT);
      await deliveries.explain(id, "staging/web: skipped; it's 'night'");
      await deliveries.explain(id, 'staging/api: so too');
      return (await deliveries.get(id))?.reason;
    };
    const later = "staging/web: skipped; it's 'night'; staging/api: so too";
    expect(await explained(null)).toBe(later);
    expect(await explained('replay of x by ops')).toBe(`replay of x by ops; ${later}`);
    await deliveries.explain('gone', 'x');
  });

  it('that was never stored is null', async () => {
    expect(await (await anOpenStorage()).deliveries.get('nobody')).toBeNull();
  });
});

describe('lists of deliveries', () => {
  it('are newest first, in pages, without headers and bodies', async () => {
    const { deliveries, deployments } = await anOpenStorage();
    await deployments.insert(aDeployment({ id: 'd' }));
    for (const id of ['2', '1', '3', '4']) {
      const linked = id === '3' ? ['d'] : [];
      await deliveries.insert(aDelivery({ id, deployments: linked }), NO_FINGERPRINT);
    }
    const first = await deliveries.list({ limit: 2 });
    expect(first.map(({ id }) => id)).toEqual(['4', '3']);
    await deliveries.insert(aDelivery({ id: '5' }), NO_FINGERPRINT);
    const rest = await deliveries.list({ limit: 10, before: '3' });
    expect(rest.map(({ id }) => id)).toEqual(['2', '1']);
    const { headers, body, ...summary } = aDelivery({ id: '3', deployments: ['d'] });
    expect(first[1]).toEqual(summary);
    expect(JSON.stringify(first)).not.toContain(JSON.stringify(headers));
    expect(JSON.stringify(first)).not.toContain(JSON.stringify(body));
  });

  it('show only deliveries for the visible environments', async () => {
    const { deliveries, deployments } = await anOpenStorage();
    await deployments.insert(aDeployment({ id: 's', environment: 'staging' }));
    await deployments.insert(aDeployment({ id: 'p', environment: 'production' }));
    await deliveries.insert(aDelivery({ id: '1', deployments: ['s', 'p'] }), NO_FINGERPRINT);
    await deliveries.insert(aDelivery({ id: '2', deployments: ['p'] }), NO_FINGERPRINT);
    await deliveries.insert(aDelivery({ id: '3' }), NO_FINGERPRINT);
    const seen = await deliveries.list({ limit: 10, environments: ['staging'] });
    expect(seen.map(({ id, deployments: linked }) => [id, linked])).toEqual([['1', ['s']]]);
    expect(await deliveries.list({ limit: 10, environments: [] })).toEqual([]);
    expect(await deliveries.list({ limit: 10, environments: null })).toHaveLength(3);
  });
});

describe('a duplicate', () => {
  const query = {
    bodyHash: 'hash',
    bodySince: '2026-03-01T10:00:00.000Z',
    senderDeliveryId: null,
    idSince: '2026-02-28T10:10:00.000Z',
  };

  it('has the same bytes within the period, inclusive of its begin', async () => {
    const { deliveries } = await anOpenStorage();
    const fingerprint = { bodyHash: 'hash', senderDeliveryId: null };
    await deliveries.insert(
      aDelivery({ id: '1', receivedAt: '2026-03-01T09:59:59.999Z' }),
      fingerprint,
    );
    expect(await deliveries.findDuplicate('hub', query)).toBeNull();
    await deliveries.insert(aDelivery({ id: '2', receivedAt: query.bodySince }), fingerprint);
    expect(await deliveries.findDuplicate('hub', query)).toBe('2');
    await deliveries.insert(
      aDelivery({ id: '3', outcome: 'duplicate', receivedAt: '2026-03-01T10:00:00.001Z' }),
      fingerprint,
    );
    expect(await deliveries.findDuplicate('hub', query)).toBe('3');
    expect(await deliveries.findDuplicate('quay', query)).toBeNull();
    expect(await deliveries.findDuplicate('hub', { ...query, bodyHash: 'other' })).toBeNull();
  });

  it("has the sender's id within its longer period, whatever the bytes", async () => {
    const { deliveries } = await anOpenStorage();
    const byId = { ...query, senderDeliveryId: 'guid' };
    const fingerprint = { bodyHash: 'other', senderDeliveryId: 'guid' };
    await deliveries.insert(
      aDelivery({ id: '1', receivedAt: '2026-02-28T10:09:59.999Z' }),
      fingerprint,
    );
    expect(await deliveries.findDuplicate('hub', byId)).toBeNull();
    await deliveries.insert(aDelivery({ id: '2', receivedAt: query.idSince }), fingerprint);
    expect(await deliveries.findDuplicate('hub', byId)).toBe('2');
    expect(await deliveries.findDuplicate('hub', query)).toBeNull();
  });

  it('is none with another id, even with the same bytes', async () => {
    const { deliveries } = await anOpenStorage();
    await deliveries.insert(aDelivery(), { bodyHash: 'hash', senderDeliveryId: 'one' });
    const another = { ...query, senderDeliveryId: 'another' };
    expect(await deliveries.findDuplicate('hub', another)).toBeNull();
  });

  it('is never one of a replay', async () => {
    const { deliveries } = await anOpenStorage();
    await deliveries.insert(aDelivery(), NO_FINGERPRINT);
    expect(await deliveries.findDuplicate('hub', query)).toBeNull();
  });
});
