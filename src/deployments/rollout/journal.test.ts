import { describe, expect, it } from 'vitest';
import { DeployError } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout.js';
import { anIntent } from '../../domain/testing/builders.js';
import type { Storage } from '../../storage/storage.js';
import type { DeploymentLog } from '../deployment-log.js';
import { Journal } from './journal.js';

const FULL = new DeployError('storage-unavailable', 'the disk is full');
const UNTOUCHED = anIntent();
const TOUCHED = anIntent({ stopIssued: true });

/** A journal whose storage is full, and what it says in the log. */
function fullJournal(): { journal: Journal; said: string[] } {
  const said: string[] = [];
  const storage = { transaction: () => Promise.reject(FULL) } as unknown as Storage;
  const log = {
    line: (_subject: unknown, _level: unknown, text: string) => {
      said.push(text);
      return Promise.resolve();
    },
  } as unknown as DeploymentLog;
  return { journal: new Journal(storage, log), said };
}

type Write = (journal: Journal, before: RolloutIntent, intent: RolloutIntent) => Promise<unknown>;

const begin: Write = (journal, before, intent) =>
  journal.begin(before, intent, 'stop-old', 'stop web');
const end: Write = (journal, _before, intent) => journal.end(intent, 1, 'done', null);
const change: Write = (journal, _before, intent) => journal.change(intent, { reason: 'x' });

describe('a journal that cannot be written', () => {
  it.each([
    ['the beginning of a step', begin],
    ['its end', end],
    ['a change', change],
  ])('ends a rollout that has touched nothing yet: %s', async (_what, write) => {
    const { journal } = fullJournal();
    await expect(write(journal, UNTOUCHED, UNTOUCHED)).rejects.toBe(FULL);
  });

  it('ends it before the very step that would touch the old container', async () => {
    const { journal } = fullJournal();
    await expect(begin(journal, UNTOUCHED, TOUCHED)).rejects.toBe(FULL);
  });

  it.each([
    ['the beginning of a step', begin],
    ['its end', end],
    ['a change', change],
  ])('does not stand in the way after that, but says so: %s', async (_what, write) => {
    const { journal, said } = fullJournal();
    await expect(write(journal, TOUCHED, TOUCHED)).resolves.not.toBe(1);
    expect(said).toEqual([expect.stringContaining('the disk is full')]);
  });
});
