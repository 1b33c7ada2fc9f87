import { defineConfig } from 'vitest/config';

/** What `npm run mutation` runs for each mutant: the tests of the settings that a new container is given. */
export default defineConfig({
  test: { include: ['src/docker/**/*.test.ts'], testTimeout: 10_000 },
});
