import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` touches nothing outside its process; `e2e` has a real engine and registry,
 * started once by its global set-up, and runs only inside the sandbox of `npm test`.
 */
export default defineConfig({
  test: {
    // Engine tests mostly wait, so two at once serve two cores well; more would spoil measured gaps.
    maxWorkers: 2,
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
