import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Child } from '../test/support/child.js';
import { DeployProcess } from '../test/support/deploy-process.js';
import { freePort } from '../test/support/network-namespace.js';
import { deployConfiguration } from './deploy-configuration.js';
import type { Series } from './series.js';
import type { Stage } from './stage.js';

/** How long a process is left alone before its memory is read, in milliseconds. */
const IDLE_MS = 4_000;
const ASK_EVERY_MS = 2;
const LONGEST_START_MS = 30_000;
/** The least that a server on this Node.js can be: what of the figures is not Deploy's. */
const BARE_SERVER = (port: number): string =>
  `require('node:http').createServer((_, answer) => answer.end('ok')).listen(${port}, '127.0.0.1')`;

export interface Footprint {
  readonly startUp: Series;
  readonly idleMemory: Series;
  readonly startUpWork: Series;
  readonly bareStartUp: Series;
  readonly bareStartUpWork: Series;
  readonly bareMemory: Series;
}

/**
 * Start-up, from the start of the process to the first 200 of /health/ready, and resident memory some
 * seconds later. Each start is a first one, with a new storage. In turns with a bare server of the same
 * Node.js.
 */
export async function measureFootprint(stage: Stage, starts: number): Promise<Footprint> {
  const ours: Start[] = [];
  const bare: Start[] = [];
  for (let start = 0; start < starts; start += 1) {
    bare.push(await startBareServer());
    ours.push(await startDeploy(stage));
  }
  const figure = (name: string, unit: Series['unit'], samples: readonly number[]): Series => ({
    name,
    unit,
    samples,
  });
  return {
    startUp: figure('start-up to ready', 'ms', ours.map(took)),
    startUpWork: figure('start-up, processor time', 'ms', ours.map(work)),
    idleMemory: figure('memory after the start', 'MB', ours.map(memory)),
    bareStartUp: figure('start-up of a bare server', 'ms', bare.map(took)),
    bareStartUpWork: figure('the same of a bare server', 'ms', bare.map(work)),
    bareMemory: figure('memory of a bare server', 'MB', bare.map(memory)),
  };
}

/** Resident memory of a process once it was left alone for some seconds, in MB of 1,000,000 bytes. */
export async function memoryWhenIdle(processId: number): Promise<number> {
  await pause(IDLE_MS);
  const status = await readFile(`/proc/${processId}/status`, 'utf8');
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return (kibibytes * 1_024) / 1_000_000;
}

interface Start {
  readonly took: number;
  /** Processor time of the process until then, in milliseconds. */
  readonly work: number;
  readonly memory: number;
}

const took = (start: Start): number => start.took;
const work = (start: Start): number => start.work;
const memory = (start: Start): number => start.memory;

async function startDeploy(stage: Stage): Promise<Start> {
  const configuration = deployConfiguration(stage, stage.registryHost, {
    container: 'bench-footprint',
    image: `${stage.registryHost}/bench/footprint`,
  });
  const deploy = await DeployProcess.prepare({ configuration });
  try {
    const begun = performance.now();
    deploy.spawn();
    await firstGoodAnswer(`${deploy.baseUrl}/health/ready`, () => deploy.ended);
    return await startOf(deploy.pid, performance.now() - begun);
  } finally {
    await deploy.remove();
  }
}

async function startBareServer(): Promise<Start> {
  const port = await freePort();
  const begun = performance.now();
  const server = new Child([process.execPath, '-e', BARE_SERVER(port)], process.env);
  try {
    await firstGoodAnswer(`http://127.0.0.1:${port}/`, () => server.ended);
    return await startOf(server.pid, performance.now() - begun);
  } finally {
    server.signal('SIGKILL');
    await server.end();
  }
}

async function startOf(processId: number, took: number): Promise<Start> {
  const work = await processorTime(processId);
  return { took, work, memory: await memoryWhenIdle(processId) };
}

/** Of user and system, in milliseconds; the kernel tells it in hundredths of a second. */
async function processorTime(processId: number): Promise<number> {
  const line = await readFile(`/proc/${processId}/stat`, 'utf8');
  // After the program's name, in parentheses, which may hold spaces; then fields 3 and on of proc(5).
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function firstGoodAnswer(url: string, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST_START_MS;
  while ((await statusOf(url)) !== 200) {
    if (hasEnded()) throw new Error('The process ended at its start');
    if (performance.now() > deadline) throw new Error(`${url} did not answer 200 in time`);
    await pause(ASK_EVERY_MS);
  }
}

/** Null where nobody answers. */
function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? null);
    });
    asked.on('error', () => {
      resolve(null);
    });
    asked.end();
  });
}
