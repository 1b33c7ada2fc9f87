import { describe, expect, it } from 'vitest';
import { gateSettings } from './gate-settings.js';

const UNSET = { timeoutMs: null, stableForMs: null, probe: null };
const PROBE = { kind: 'tcp', port: 80, intervalMs: 1000 } as const;
const QUICK = { startPeriodMs: 0, intervalMs: 1_000, timeoutMs: 1_000, retries: 3 };
const SLOW = { startPeriodMs: 40_000, intervalMs: 30_000, timeoutMs: 5_000, retries: 3 };

describe('the health gate demands', () => {
  it('that a container without any check stays up for 5 s', () => {
    expect(gateSettings(UNSET, null)).toEqual({
      timeoutMs: 60_000,
      stableForMs: 5_000,
      probe: null,
    });
  });

  it('that a container with a check of either kind passes it', () => {
    expect(gateSettings(UNSET, QUICK).stableForMs).toBe(0);
    expect(gateSettings({ ...UNSET, probe: PROBE }, null)).toEqual({
      timeoutMs: 60_000,
      stableForMs: 0,
      probe: PROBE,
    });
  });

  it("no result before the container's own check may have passed", () => {
    expect(gateSettings(UNSET, QUICK).timeoutMs).toBe(60_000);
    expect(gateSettings(UNSET, SLOW).timeoutMs).toBe(40_000 + 4 * 35_000);
  });

  it('what is configured, if anything is', () => {
    const written = { timeoutMs: 1_000, stableForMs: 7_000, probe: null };
    expect(gateSettings(written, SLOW)).toEqual(written);
    expect(gateSettings({ ...UNSET, stableForMs: 0 }, null).stableForMs).toBe(0);
  });
});
