import { describe, expect, it, vi } from 'vitest';
import { DeployError } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { anIntent } from '../../../domain/testing/builders.js';
import type { Storage } from '../../../storage/storage.js';
import { aDeployment } from '../../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../../test/unit/storage/temporary-storage.js';
import type { DeploymentLog } from '../../deployment-log.js';
import { RolloutJournal } from './rollout-journal.js';

const FULL = new DeployError('storage-unavailable', 'the disk is full');
const UNTOUCHED = anIntent({ deployment: aDeployment().id });
const TOUCHED = { ...UNTOUCHED, stopIssued: true };

/** A journal on a storage, and the lines that it logs. */
function journalOn(storage: Storage): { journal: RolloutJournal; said: string[] } {
  const said: string[] = [];
  const log = {
    append: (_subject: unknown, _level: unknown, text: string) => {
      said.push(text);
      return Promise.resolve();
    },
  } as unknown as DeploymentLog;
  return { journal: new RolloutJournal(storage, log, { previousDigest: 'sha256:old' }), said };
}

const aFullStorage = { transaction: () => Promise.reject(FULL) } as unknown as Storage;

type Write = (
  journal: RolloutJournal,
  before: RolloutIntent,
  intent: RolloutIntent,
) => Promise<unknown>;

const begin: Write = (journal, before, intent) =>
  journal.begin(before, intent, 'stop-old', 'stop web');
const end: Write = (journal, _before, intent) => {
  journal.end(intent, 1, 'done', null);
  return journal.flush();
};
const change: Write = (journal, _before, intent) => journal.giveUp(intent, 'x', false);

describe('a journal that cannot be written', () => {
  it.each([
    ['the beginning of a step', begin],
    ['its end', end],
    ['a change', change],
  ])('ends a rollout that has touched nothing yet: %s', async (_what, write) => {
    const { journal } = journalOn(aFullStorage);
    await expect(write(journal, UNTOUCHED, UNTOUCHED)).rejects.toBe(FULL);
  });

  it('ends it before the very step that would touch the old container', async () => {
    const { journal } = journalOn(aFullStorage);
    await expect(begin(journal, UNTOUCHED, TOUCHED)).rejects.toBe(FULL);
  });

  it.each([
    ['the beginning of a step', begin],
    ['its end', end],
    ['a change', change],
  ])('does not stand in the way after that, but says so: %s', async (_what, write) => {
    const { journal, said } = journalOn(aFullStorage);
    await expect(write(journal, TOUCHED, TOUCHED)).resolves.not.toBe(1);
    expect(said).toEqual([expect.stringContaining('the disk is full')]);
  });
});

describe('a journal', () => {
  it('writes the patch that it was opened with together with the first step', async () => {
    const storage = await aStorage();
    const { journal } = journalOn(storage);
    await journal.begin(UNTOUCHED, UNTOUCHED, 'pull', 'pull web');
    const stored = await storage.deployments.get(UNTOUCHED.deployment);
    expect(stored?.previousDigest).toBe('sha256:old');
    expect(await storage.deployments.intent(UNTOUCHED.deployment)).toEqual(UNTOUCHED);
  });

  it('writes the end of a step with the start of the next, and the time when it ended', async () => {
    const storage = await aStorage();
    const { journal } = journalOn(storage);
    const open = await journal.begin(UNTOUCHED, UNTOUCHED, 'pull', 'pull web');
    journal.end(UNTOUCHED, open, 'done', null);
    const endedBy = new Date().toISOString();
    expect(await outcomes(storage)).toEqual(['pull null']);
    await journal.begin(UNTOUCHED, TOUCHED, 'stop-old', 'stop web');
    expect(await outcomes(storage)).toEqual(['pull done', 'stop-old null']);
    const [pull] = await storage.deployments.steps(UNTOUCHED.deployment);
    expect(pull?.finishedAt?.localeCompare(endedBy)).not.toBe(1);
    expect(await storage.deployments.intent(UNTOUCHED.deployment)).toEqual(TOUCHED);
  });

  it('writes the end of a step immediately if nothing follows, and only once', async () => {
    const storage = await aStorage();
    const { journal } = journalOn(storage);
    const open = await journal.begin(UNTOUCHED, UNTOUCHED, 'pull', 'pull web');
    journal.end(TOUCHED, open, 'done', null);
    await journal.flush();
    expect(await outcomes(storage)).toEqual(['pull done']);
    expect(await storage.deployments.intent(UNTOUCHED.deployment)).toEqual(TOUCHED);
    await storage.deployments.setIntent(UNTOUCHED.deployment, UNTOUCHED);
    await journal.flush();
    expect(await storage.deployments.intent(UNTOUCHED.deployment)).toEqual(UNTOUCHED);
  });

  it('writes later what it could not write', async () => {
    const storage = await aStorage();
    const { journal } = journalOn(storage);
    const open = await journal.begin(UNTOUCHED, TOUCHED, 'stop-old', 'stop web');
    vi.spyOn(storage, 'transaction').mockRejectedValueOnce(FULL);
    journal.end(TOUCHED, open, 'done', null);
    const lost = await journal.begin(TOUCHED, TOUCHED, 'retire-old', 'rename web');
    journal.end(TOUCHED, lost, 'done', null);
    await journal.begin(TOUCHED, TOUCHED, 'take-name', 'rename web.deploy-new');
    expect(await outcomes(storage)).toEqual(['stop-old done', 'take-name null']);
  });
});

async function aStorage(): Promise<Storage> {
  const storage = await anOpenStorage();
  await storage.deployments.insert(aDeployment());
  return storage;
}

async function outcomes(storage: Storage): Promise<string[]> {
  const steps = await storage.deployments.steps(UNTOUCHED.deployment);
  return steps.map(({ name, outcome }) => `${name} ${String(outcome)}`);
}
