/**
 * Loaded into Deploy with `node --import`: the long deadlines of its calls to engines come so many times sooner, so
 * that a test can wait for them. What is shorter than the shortest of those stays as it is.
 */
import process from 'node:process';

const TIMES = Number(process.env['QUICK_DEADLINES_TIMES'] ?? '1');
const SHORTEST_MS = 20_000;

const { timeout } = globalThis.AbortSignal;
globalThis.AbortSignal.timeout = (milliseconds) =>
  timeout.call(
    globalThis.AbortSignal,
    milliseconds < SHORTEST_MS ? milliseconds : milliseconds / TIMES,
  );
