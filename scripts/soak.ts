import { runTrials } from './trials.js';

/** `npm run soak`: 300 rollouts of 10 services, and whether anything grows; prints and writes down the figures. */
process.exitCode = await runTrials(['run', '--project', 'e2e', 'test/faults/soak.e2e.test.ts']);
