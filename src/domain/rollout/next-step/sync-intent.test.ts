import { describe, expect, it } from 'vitest';
import { syncIntent } from './sync-intent.js';
import type { Snapshot } from '../snapshot.js';
import { aCandidate, aContainer, anIntent, aSnapshot, NOON } from '../../testing/builders.js';

const EPOCH = `${NOON} bridge`;
const LATER = '2026-01-01T12:00:05.000Z';
const EARLIER = '2026-01-01T11:59:00.000Z';

const down = aContainer({ status: 'exited', finishedAt: LATER });
const retired = aContainer({ status: 'exited', finishedAt: LATER, name: 'web.deploy-old' });

describe('what the engine shows but the journal does not', () => {
  it.each<readonly [string, Partial<Snapshot>]>([
    ['the new one has the name', { candidate: aCandidate({ name: 'web' }) }],
    ['the new one was set aside', { candidate: aCandidate({ name: 'web.deploy-failed' }) }],
    ['the old one is down', { old: down, candidate: aCandidate() }],
    ['the old one is renamed', { old: retired, candidate: aCandidate() }],
    ['the old one is gone', { old: null, candidate: aCandidate() }],
  ])('the old container was touched: %s', (_case, snapshot) => {
    expect(syncIntent(aSnapshot(snapshot), anIntent()).stopIssued).toBe(true);
  });

  it.each<readonly [string, Partial<Snapshot>]>([
    ['nothing is made yet', {}],
    ['the new one is only prepared', { candidate: aCandidate() }],
    ['the old one went down before anything was made', { old: down }],
  ])('the old container was not touched: %s', (_case, snapshot) => {
    expect(syncIntent(aSnapshot(snapshot), anIntent()).stopIssued).toBe(false);
  });

  it('does not count a container as touched that was stopped before', () => {
    const intent = anIntent({ old: { wasRunning: false } });
    const snapshot = aSnapshot({ old: down, candidate: aCandidate() });
    expect(syncIntent(snapshot, intent).stopIssued).toBe(false);
  });

  it('includes when the old container ended, unless that is known', () => {
    const snapshot = aSnapshot({ old: retired, candidate: aCandidate() });
    expect(syncIntent(snapshot, anIntent()).oldDownAt).toBe(LATER);
    expect(syncIntent(snapshot, anIntent({ oldDownAt: NOON })).oldDownAt).toBe(NOON);
  });

  it('includes the epoch of the engine in which the new container was started', () => {
    const seen = (startedAt: string | null): string | null =>
      syncIntent(
        aSnapshot({ epoch: EPOCH, candidate: aCandidate({ name: 'web', startedAt }) }),
        anIntent(),
      ).startedInEpoch;
    expect(seen(null)).toBeNull();
    expect(seen(LATER)).toBe(EPOCH);
    expect(seen(EARLIER)).not.toBe(EPOCH);
    expect(seen(EARLIER)).not.toBeNull();
  });

  it('changes nothing that the journal contains', () => {
    const intent = anIntent({ stopIssued: true, oldDownAt: NOON, startedInEpoch: 'epoch-0' });
    const snapshot = aSnapshot({ candidate: aCandidate({ name: 'web', startedAt: LATER }) });
    expect(syncIntent(snapshot, intent)).toEqual(intent);
  });
});
