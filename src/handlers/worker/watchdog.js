// @ts-check
/*
 * A thread beside a handler, which may be in an endless loop or fill its memory. It kills the process when the
 * server is gone, or when the process uses too much memory, including memory outside the heap, such as buffers.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const EVERY_MS = 200;
const STDERR = 2;

const { mostBytes, server } = /** @type {{ mostBytes: number, server: number }} */ (workerData);

setInterval(() => {
  if (process.ppid !== server) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() <= mostBytes) return;
  writeSync(STDERR, 'out of memory: its process uses too much\n');
  process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);
