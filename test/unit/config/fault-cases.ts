import { expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';

/** Secrets that are long enough; use each only once. */
export const ENVIRONMENT = { A: 'a'.repeat(24), B: 'b'.repeat(24) };

/** Beginnings of files, in whole lines. */
export const HUB = "webhooks:\n  hub:\n    type: docker-hub\n    secret: '${A}'\n";
export const STAGING = 'environments:\n  staging:\n';
export const WEB = `${STAGING}    services:\n      web:\n        container: web\n        image: acme/web\n`;
export const TAG = '        tag: latest\n';

/** A file, the position and path of its only fault, and what the message must contain. */
export type FaultCase = [what: string, text: string, position: string, message: string];

/** One test per case: reports this fault and no other. */
export function itReports(cases: readonly FaultCase[]): void {
  it.each(cases)('%s', (_what, text, position, message) => {
    const faults = faultsOf(text, ENVIRONMENT);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.slice(0, position.length + 2)).toBe(`${position}: `);
    expect(faults[0]).toContain(message);
  });
}
