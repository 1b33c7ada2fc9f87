import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/domain/errors.js';
import { openSqlite } from '../../src/storage/sqlite/sqlite.js';
import type { DeployProcess } from '../support/deploy-process.js';
import { Scenario } from '../support/scenario.js';
import { HUB_SECRET } from '../support/service-setup.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { Dice } from './dice.js';
import { hostileRequest, type HostileRequest } from './hostile-requests.js';
import { KeptConnection, sendAlone, sendAndLeave, type RawAnswer } from './raw-client.js';

const TRIALS = ALL_TRIALS ? 100_000 : 500;
/** Of them before memory is measured first: caches, compiled code and the storage's pages are there then. */
const WARM_UP = ALL_TRIALS ? 10_000 : 250;
const AT_ONCE = 16;
/** After so many the log is looked at: no more of it is kept than that of some thousand requests. */
const BATCH = ALL_TRIALS ? 500 : 250;
const SEED = 20_261_126;

/**
 * What the process may have grown by between the warm-up and the end. 90,000 deliveries that left a single kilobyte each
 * would be 88 MB; the collector and the allocator of an idle process of this size keep up to 30 MB more or less from one
 * moment to the next.
 */
const MOST_GROWTH_MB = 64;

const RECEIPT = {
  delivery: expect.stringMatching(/^[0-9A-Z]{26}$/) as string,
  outcome: expect.stringMatching(/^(accepted|ignored|duplicate)$/) as string,
  reason: expect.any(String) as string,
  deployments: expect.any(Array) as string[],
};

/** Where a request of ours may end; what is answered to a webhook with the right secret and some that are no HTTP. */
const STATUSES: readonly number[] = [202, 400, 401, 404, 405, 408, 413, 417];

/** Counts by kind of request and by answer. */
class Tally {
  readonly #counts = new Map<string, Map<string, number>>();

  add(kind: string, answer: string): void {
    const row = this.#counts.get(kind) ?? new Map<string, number>();
    this.#counts.set(kind, row.set(answer, (row.get(answer) ?? 0) + 1));
  }

  /** Of one answer, over all kinds. */
  of(answer: string): number {
    return [...this.#counts.values()].reduce((sum, row) => sum + (row.get(answer) ?? 0), 0);
  }

  rows(): (readonly [string, number, string])[] {
    return [...this.#counts].map(([kind, row]) => {
      const sum = [...row.values()].reduce((one, other) => one + other, 0);
      const sorted = [...row].sort(([one], [other]) => one.localeCompare(other));
      return [kind, sum, sorted.map(([answer, count]) => `${answer}: ${String(count)}`).join(', ')];
    });
  }
}

/** The part of the trials that one connection of several does. */
async function play(
  { hostname, port }: URL,
  trials: readonly number[],
  each: (request: HostileRequest, answers: readonly RawAnswer[]) => void,
): Promise<void> {
  const target = { path: `/webhooks/hub/${HUB_SECRET}`, secret: HUB_SECRET };
  const kept = new KeptConnection(hostname, Number(port));
  for (const trial of trials) {
    const request = hostileRequest(trial, new Dice(SEED + trial), target);
    const send = async (): Promise<readonly RawAnswer[]> => {
      if (request.connection === 'kept') return [await kept.send(request.bytes)];
      return request.connection === 'own'
        ? sendAlone(hostname, Number(port), request.bytes, request.answers ?? 1)
        : sendAndLeave(hostname, Number(port), request.bytes);
    };
    try {
      each(request, await send());
    } catch (error) {
      const shown = request.bytes.toString('latin1', 0, 500);
      throw new Error(`trial ${String(trial)}, ${request.kind}: ${shown}`, { cause: error });
    }
  }
  kept.close();
}

/** One of the answers that are documented, in its documented form. */
function checkAnswer({ status, headers, body }: RawAnswer): void {
  expect(STATUSES).toContain(status);
  if (body.length === 0) return;
  const content = JSON.parse(body.toString()) as Record<string, unknown>;
  if (status === 202) {
    expect(content).toEqual(RECEIPT);
    return;
  }
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(content['status']).toBe(status);
  expect(Object.keys(ERROR_CODES)).toContain(content['code']);
}

/** Every line that is still kept is one JSON object, and shows nothing of the requests as it came. */
function checkLog({ stdout, stderr }: DeployProcess): void {
  expect(stderr.replace(/^.*ExperimentalWarning.*$|^\(Use `node.*$/gm, '').trim()).toBe('');
  // The first may have been cut, the last may not have been written to its end.
  const lines = stdout.split('\n').slice(1, -1);
  for (const line of lines) {
    if (/\p{Cc}/u.test(line)) throw new Error(`a control character in: ${JSON.stringify(line)}`);
    const logged: unknown = JSON.parse(line);
    expect(logged).toMatchObject({ level: expect.any(String) as string });
    expect(logged).not.toMatchObject({ level: expect.stringMatching(/error|fatal/) as string });
  }
  if (stdout.includes(HUB_SECRET)) throw new Error('the secret is in the log');
}

/** Resident memory, in MB. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

async function restedMegabytes(pid: number): Promise<number> {
  await delay(2_000);
  return residentMegabytes(pid);
}

it('survives whatever is sent to a webhook', { timeout: 3_600_000 }, async () => {
  const throttle = '{ webhook: { limit: 0 }, api: { limit: 0 }, failedAuth: { limit: 0 } }';
  const scenario = await Scenario.start({
    app: { version: 'v1', check: 'healthy' },
    repository: 'acme/web',
    configuration: [`server: { throttle: ${throttle} }`],
  });
  const { deploy } = scenario;
  const url = new URL(deploy.baseUrl);
  const { pid } = deploy;
  const tally = new Tally();
  const megabytes: number[] = [];

  for (let begin = 0; begin < TRIALS; begin += BATCH) {
    const trials = Array.from({ length: BATCH }, (_, offset) => begin + offset);
    const parts = Array.from({ length: AT_ONCE }, (_, part) =>
      trials.filter((trial) => trial % AT_ONCE === part),
    );
    const each = (request: HostileRequest, answers: readonly RawAnswer[]): void => {
      for (const answer of answers) {
        checkAnswer(answer);
        tally.add(request.kind, String(answer.status));
      }
      if (answers.length === 0) tally.add(request.kind, 'none');
    };
    await Promise.all(parts.map((part) => play(url, part, each)));
    checkLog(deploy);
    if (begin + BATCH === WARM_UP || begin + BATCH === TRIALS)
      megabytes.push(await restedMegabytes(pid));
  }

  expect(deploy.pid).toBe(pid);
  expect(deploy.ended).toBe(false);
  const [before = NaN, after = NaN] = megabytes;
  expect(after - before).toBeLessThan(MOST_GROWTH_MB);

  // Storage is whole, and has all that was answered 202; of a sender that went away it may have more.
  const file = join(deploy.folder, 'data', 'deploy.db');
  const database = await openSqlite(file, { readOnly: true, timeoutMs: 5_000 });
  const [check] = database.prepare('pragma integrity_check').all();
  const [stored] = database.prepare('select count(*) as count from deliveries').all();
  database.close();
  expect(check).toEqual({ integrity_check: 'ok' });
  expect(Number(stored?.['count'])).toBeGreaterThanOrEqual(tally.of('202'));
  expect((await fetch(`${deploy.baseUrl}/health/ready`)).status).toBe(200);
  expect((await deploy.api('/deliveries?limit=200')).status).toBe(200);

  const shipped = await scenario.ship({ version: 'v2', check: 'healthy' });
  expect(shipped).toMatchObject({ phase: 'succeeded' });
  expect(await scenario.served()).toBe('v2');

  await recordTrials('hostile-bodies', {
    title: 'Hostile requests to a webhook',
    command: 'npm run test:faults -- test/faults/hostile-bodies.e2e.test.ts',
    columns: ['what was done to it', 'requests', 'answers'],
    rows: [
      ...tally.rows(),
      [
        `memory after ${String(WARM_UP)} and after all`,
        TRIALS,
        `${String(before)} MB, ${String(after)} MB`,
      ],
    ],
  });
});
