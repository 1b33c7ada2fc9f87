import { describe, expect, it } from 'vitest';
import { aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { Service } from '../../domain/settings/environment.js';
import type { EnvironmentsService } from '../../environments/environments.service.js';
import type { PolicyService } from '../../environments/policy.service.js';
import type { TagRecheck } from './tag-recheck.js';
import { GroupGathering } from './group-gathering.js';

const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const GROUP = { order: ['api', 'web'], onFailure: 'stop', settleMs: 0 } as const;

/** A registry that answers nothing, however long it is asked. */
const silent: Pick<TagRecheck, 'hasMoved'> = {
  hasMoved: (_, signal) =>
    new Promise((_resolve, reject) => {
      const giveUp = (): void => {
        reject(signal.reason as Error);
      };
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp);
    }),
};

describe('the last look before a group is let go', () => {
  it('ends when the server stops, also where the registry does not answer', async () => {
    const storage = await anOpenStorage();
    const member = aDeployment({
      environment: 'production',
      service: 'web',
      phase: 'waiting',
      waitingFor: 'group',
      digest: 'sha256:1',
      trigger: { kind: 'webhook', by: 'hub', delivery: null },
    });
    await storage.deployments.insert(member);
    const service = { environment: 'production', name: 'web', policy: { promoteFrom: null } };
    const environments = { environment: () => ({ group: GROUP }), service: () => service };
    const decisions = { decide: () => Promise.resolve({ kind: 'go' }) };
    const gathering = new GroupGathering(
      storage,
      environments as unknown as EnvironmentsService,
      decisions as unknown as PolicyService,
      silent as TagRecheck,
    );
    const stopping = new AbortController();
    const asked = gathering.ask(member, service as unknown as Service, NOON, stopping.signal);
    stopping.abort(new Error('the server stops'));
    await expect(asked).rejects.toThrow('the server stops');
    expect(await storage.groupRuns.open()).toEqual([]);
  });
});
