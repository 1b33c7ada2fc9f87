import { describe, expect, it } from 'vitest';
import { lastGood } from '../../src/deployments/actions/rollback-target.js';
import { hasEnded, PHASES, type Deployment } from '../../src/domain/deployment/deployment.js';
import { decide } from '../../src/domain/policy/policy.js';
import { policyFacts } from '../../src/domain/testing/builders.js';
import { cutoffsOf } from '../../src/domain/deployment/retention.js';
import type { Storage } from '../../src/storage/storage.js';
import { randomFrom } from './random.js';
import { aDelivery, aDeployment } from './storage/samples.js';
import { anOpenStorage } from './storage/temporary-storage.js';

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const DAY_MS = 86_400_000;
const DIGESTS = Array.from({ length: 30 }, (_, index) => `digest-${index}`);
const SERVICES = ['web', 'api'];
const ROLLBACK_DEPTH = 100;

type Random = (below: number) => number;

/** Of some month and a half: most succeeded, some failed in all ways, the last few may not have ended. */
function aHistory(random: Random): Deployment[] {
  const count = 80 + random(80);
  const endings = PHASES.filter(hasEnded);
  return Array.from({ length: count }, (_, index): Deployment => {
    const at = NOW - ((count - index) / count) * 45 * DAY_MS;
    const isOpen = count - index < 3 && random(2) === 0;
    const ending = random(3) > 0 ? 'succeeded' : (endings[random(endings.length)] ?? 'failed');
    const phase = isOpen ? 'waiting' : ending;
    const isStarted = !isOpen && ['succeeded', 'failed', 'rolled-back'].includes(phase);
    const trigger = { kind: 'webhook', by: 'hub', delivery: `h${random(60)}` } as const;
    return aDeployment({
      id: `${String(index).padStart(4, '0')}-${String(random(1e9))}`,
      service: SERVICES[random(SERVICES.length)] ?? '',
      tag: `tag-${random(9)}`,
      phase,
      waitingFor: isOpen ? 'registry' : null,
      digest: random(9) === 0 && !isStarted ? null : (DIGESTS[random(DIGESTS.length)] ?? null),
      previousDigest: isStarted && random(5) > 0 ? (DIGESTS[random(DIGESTS.length)] ?? null) : null,
      trigger: random(4) === 0 ? { ...trigger, kind: 'api', delivery: null } : trigger,
      createdAt: new Date(at).toISOString(),
      startedAt: isStarted ? new Date(at).toISOString() : null,
      finishedAt: isOpen ? null : new Date(at + random(60_000)).toISOString(),
    });
  });
}

async function store(storage: Storage, history: readonly Deployment[], random: Random) {
  await storage.transaction(async (stored) => {
    for (const deployment of history) {
      await stored.deployments.insert(deployment);
      if (random(3) > 0) await stored.deployments.setIntent(deployment.id, { of: deployment.id });
    }
    for (let index = 0; index < 60; index++) {
      const receivedAt = new Date(NOW - (60 - index) * 0.75 * DAY_MS).toISOString();
      const made = history.filter(({ trigger }) => trigger.delivery === `h${index}`);
      await stored.deliveries.insert(
        // Not every deployment is linked with what triggered it.
        aDelivery({ id: `h${index}`, receivedAt, deployments: made.slice(1).map(({ id }) => id) }),
        { bodyHash: `body-${index % 7}`, senderDeliveryId: `id-${index}` },
      );
    }
  });
}

async function prune(storage: Storage, retentionMs: number, random: Random): Promise<void> {
  const { history, deliveries } = cutoffsOf(NOW, retentionMs);
  const limit = 1 + random(30);
  for (const service of SERVICES) {
    const name = { environment: 'staging', service };
    while ((await storage.pruning.deployments(name, { before: history, limit })) === limit);
  }
  while ((await storage.pruning.deliveries({ before: deliveries, limit })) === limit);
  while ((await storage.pruning.events({ before: history, limit })) === limit);
}

/** Whatever is decided by what was stored before, for one service. */
async function decisionsFor(storage: Storage, service: string, seed: number) {
  const random = randomFrom(seed);
  const { deployments, history } = storage;
  const some = (count: number) => DIGESTS.filter(() => random(DIGESTS.length) < count);
  const ran = await history.digestsThatRan('staging', service);
  const succeeded = await history.succeeded('staging', service, ROLLBACK_DEPTH);
  return {
    byGlob: DIGESTS.map((digest) =>
      decide(
        aDeployment({ digest }),
        policyFacts({ rule: { kind: 'glob', pattern: '*' }, hasRunBefore: ran.includes(digest) }),
        NOW,
      ),
    ),
    rollbacks: Array.from({ length: 40 }, () => lastGood(succeeded, some(2), some(20))),
    replaced: (await history.ended('staging', service, 1_000)).map(({ id, digest }) => [
      id,
      digest,
    ]),
    expectedDowntimeOf: await deployments.succeeded('staging', service, 10),
    leftContainersOf: await deployments.intentsOf('staging', service, 20),
    last: await deployments.lastOf('staging', service),
    lastTwo: await deployments.list({ environment: 'staging', service, limit: 2 }),
    active: await deployments.activeOf('staging', service),
  };
}

async function decisions(storage: Storage, started: readonly string[]) {
  const day = new Date(NOW - DAY_MS).toISOString();
  const minutes = new Date(NOW - 600_000).toISOString();
  const ask = (hash: string, id: string | null) =>
    storage.deliveries.findDuplicate('hub', {
      bodyHash: hash,
      bodySince: minutes,
      senderDeliveryId: id,
      idSince: day,
    });
  const isKnown = async (id: string): Promise<boolean> =>
    (await storage.deployments.get(id)) !== null || (await storage.history.pruned(id)) !== null;
  return {
    web: await decisionsFor(storage, 'web', 1),
    api: await decisionsFor(storage, 'api', 2),
    duplicates: await Promise.all(
      DIGESTS.map((_, index) => ask(`body-${index}`, `id-${30 + index}`)),
    ),
    sameBodies: await Promise.all(DIGESTS.map((_, index) => ask(`body-${index}`, null))),
    orphans: await Promise.all(started.map(isKnown)),
    lastEvent: await storage.events.lastId(),
  };
}

describe('whatever is pruned', () => {
  it.each([1, 2, 3, 4])('decisions stay the same (history %i)', async (seed) => {
    const random = randomFrom(seed);
    const storage = await anOpenStorage();
    const history = aHistory(random);
    await store(storage, history, random);
    const started = history.filter(({ startedAt }) => startedAt !== null).map(({ id }) => id);
    const before = await decisions(storage, started);
    const stored = (await storage.deployments.list({ limit: 1_000 })).length;

    await prune(storage, (1 + random(20)) * DAY_MS, random);

    const left = await storage.deployments.list({ limit: 1_000 });
    expect(left.length).toBeLessThan(stored);
    expect(await decisions(storage, started)).toEqual(before);
    for (const { id, trigger } of left) {
      if (trigger.delivery !== null) {
        expect(await storage.deliveries.get(trigger.delivery), id).not.toBeNull();
      }
    }
    for (const { deployments } of await storage.deliveries.list({ limit: 100 })) {
      for (const id of deployments) expect(left.map((each) => each.id)).toContain(id);
    }
  });
});
