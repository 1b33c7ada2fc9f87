import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/config/check-command.js';
import { ConfigurationFolder } from './configuration-folder.js';

const PAGE = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const SECTIONS = PAGE.split(/^## /m).slice(1);
/** Sections about what only the API does. */
const WITHOUT_EXAMPLE = ['The order', 'Quarantine', 'What would a push do?', 'Who did what'];

describe('docs/policy.md', () => {
  it.each(SECTIONS.map((section): [string, string] => [section.split('\n')[0] ?? '', section]))(
    'has a valid example under %s',
    (title, section) => {
      const examples = [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
        (match) => match[1] ?? '',
      );
      expect(examples.length > 0).toBe(!WITHOUT_EXAMPLE.includes(title));
      for (const example of examples) {
        const { file } = new ConfigurationFolder().write(example);
        const written: string[] = [];
        const stream = { write: (text: string) => void written.push(text) };
        expect([runCheck(file, {}, stream, stream), written.join('')]).toEqual([0, 'ok\n']);
      }
    },
  );
});
