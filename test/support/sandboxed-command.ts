import { runInSandbox } from '../../scripts/sandbox.js';

// A program of its own, so that a test can kill it: runs the command given to it in a sandbox.
const { exitCode } = await runInSandbox(process.argv.slice(2));
process.exitCode = exitCode;
