import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Whether a suite of trials does all that it can: so does `npm run test:faults`. Otherwise it does a part of it in
 * which every kind of trial occurs.
 */
export const ALL_TRIALS = process.env['DEPLOY_TRIALS'] === 'all';

/** What a suite of trials showed: one table of docs/reliability.md. */
export interface TrialTable {
  readonly title: string;
  /** What repeats it. */
  readonly command: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** The same as it is written down. */
export interface TrialRecord extends TrialTable {
  /** Abbreviated id of the commit that was tried; with `+` where files were changed since. */
  readonly commit: string;
  /** RFC 3339, UTC. */
  readonly date: string;
}

/**
 * Writes down what a suite showed, as `docs/reliability/<name>.json`. Only `npm run test:faults` and
 * `npm run soak` say where to: other runs write nothing.
 */
export async function recordTrials(name: string, table: TrialTable): Promise<void> {
  const { DEPLOY_TRIALS_FOLDER: folder, DEPLOY_TRIALS_COMMIT: commit = 'unknown' } = process.env;
  if (folder === undefined) return;
  const record: TrialRecord = { ...table, commit, date: new Date().toISOString() };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
}
