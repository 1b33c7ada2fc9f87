import { runTrials } from './trials.js';

/**
 * `npm run test:faults [-- vitest's arguments]`: the suites of faults, kills and hostile input, all of them and whole,
 * in the sandbox of `npm test`. What they show is written to docs/reliability and its page. Takes hours.
 */
const SUITES = [
  'test/faults',
  'test/recovery',
  'test/proxies',
  'test/policy-pairs',
  'test/unit/properties',
  // Every state of a rollout, beside the source.
  'next-step',
];
const named = process.argv.slice(2);
const isFileNamed = named.some((argument) => /^test\/|\.test\.ts$/.test(argument));
process.exitCode = await runTrials(['run', ...(isFileNamed ? named : [...SUITES, ...named])]);
