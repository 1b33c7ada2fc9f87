import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { reliabilityPage, trialRecords } from '../../scripts/reliability-page.js';

describe('docs/reliability.md', () => {
  it('is what the result files say', async () => {
    const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
    expect(readFileSync(page, 'utf8')).toBe(await reliabilityPage(await trialRecords()));
  });

  it('shows a table with its command, commit and date', async () => {
    const page = await reliabilityPage([
      {
        title: 'Kills',
        command: 'npm run test:faults',
        commit: 'abc1234',
        date: '2026-01-02T03:04:05.000Z',
        columns: ['strategy', 'kills'],
        rows: [['recreate', 12]],
      },
    ]);
    expect(page).toContain('## Kills');
    expect(page).toMatch(/\| recreate \| 12 +\|/);
    expect(page).toContain('`npm run test:faults`, commit abc1234, 2026-01-02.');
  });
});
