import { expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';

/** Long enough, and each of them once. */
export const ENVIRONMENT = { A: 'a'.repeat(24), B: 'b'.repeat(24) };

/** The beginnings of files; each stands at its own lines. */
export const HUB = "webhooks:\n  hub:\n    type: docker-hub\n    secret: '${A}'\n";
export const STAGING = 'environments:\n  staging:\n';
export const WEB = `${STAGING}    services:\n      web:\n        container: web\n        image: acme/web\n`;
export const TAG = '        tag: latest\n';

/** A file, where its only fault is, and what must be said of it. */
export type FaultCase = [what: string, text: string, position: string, said: string];

/** One test per case: this fault, there, and no other. */
export function itReports(cases: readonly FaultCase[]): void {
  it.each(cases)('%s', (_what, text, position, said) => {
    const faults = faultsOf(text, ENVIRONMENT);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.slice(0, position.length + 2)).toBe(`${position}: `);
    expect(faults[0]).toContain(said);
  });
}
