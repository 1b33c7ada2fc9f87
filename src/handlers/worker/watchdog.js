// @ts-check
/*
 * A thread beside a handler that may be in an endless loop or fill its memory: ends the process when the
 * server is gone, or when it takes more than its share. What the heap's own limit does not count, such as
 * buffers, counts here.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const EVERY_MS = 200;
const STDERR = 2;

const { mostBytes, server } = /** @type {{ mostBytes: number, server: number }} */ (workerData);

setInterval(() => {
  if (process.ppid !== server) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() <= mostBytes) return;
  writeSync(STDERR, 'out of memory: its process takes too much\n');
  process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);
