import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Beside others these would lose requests for want of a processor, not by a fault. */
const ALONE = ['test/proxies.e2e.test.ts'];

/** Puts a module in the place of another, which others of its process would see. */
const MOCKING = ['src/webhooks/webhook-authentication.test.ts'];

/** What takes minutes: begun last, each would run on alone when all others are done. */
const LONGEST = [
  'faults/engine-faults',
  'faults/clock-jumps',
  'recovery/kill',
  'recovery/engine-restart',
  'faults/random-kills',
  'faults/engine-kills',
  'dependents',
  'handover',
  'failures',
  'obstacles',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}.`));
  return rank < 0 ? LONGEST.length : rank;
}

/**
 * Projects: `unit` and `mocking` touch nothing outside their process; `e2e` and `load` have a real engine and registry,
 * started once by their global set-up, and run only inside the sandbox of `npm test`; `load` comes last, alone.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    teardownTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: MOCKING,
          // Each file would load Nest anew, which takes longer than its tests.
          isolate: false,
          // A busy machine may take ten times as long as an idle one.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'mocking', include: MOCKING, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          exclude: ALONE,
          // They wait for half of their time, so three at once keep two cores busy; more would spoil measured gaps.
          maxWorkers: 3,
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles: ['test/support/engine-test-setup.ts'],
          isolate: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'load',
          include: ALONE,
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles: ['test/support/engine-test-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
