import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FaultProxy, SLOW_MS, type PlannedFault } from '../../support/fault-proxy.js';
import { aFolder } from '../storage/temporary-storage.js';

const ID = 'a'.repeat(64);
const START = 'POST /containers/:id/start #1';
const ANSWER = 'what the engine says';

/** Asks an engine behind a proxy to start a container; tells what was answered and how often the engine acted. */
async function started(fault: PlannedFault): Promise<{ answered: string; acted: number }> {
  const socket = join(await aFolder(), 'engine.sock');
  let acted = 0;
  const engine = createServer((_asked, answer) => {
    acted += 1;
    answer.end(ANSWER);
  }).listen(socket);
  await once(engine, 'listening');
  onTestFinished(() => void engine.close());
  const proxy = await FaultProxy.start(socket, 'kill-');
  onTestFinished(() => proxy.remove());
  proxy.begin(fault);
  const url = `${proxy.host.replace('tcp:', 'http:')}/v1.41/containers/${ID}/start`;
  const asked = fetch(url, { method: 'POST', signal: AbortSignal.timeout(SLOW_MS + 1_000) });
  const answered = asked.then(
    async (answer) => `${String(answer.status)} ${await answer.text()}`,
    (error: unknown) => (error as Error).name,
  );
  return { answered: await answered.catch((error: unknown) => (error as Error).name), acted };
}

describe('a proxy before an engine', () => {
  it.each([
    ['500', /^500 .*a fault of the test/, 0],
    ['409', /^409 /, 0],
    ['cut before', /^TypeError$/, 0],
    ['cut inside', /^TypeError$/, 1],
    ['cut after', /^TypeError$/, 1],
    ['502 after', /^502 /, 1],
    ['hang', /^TimeoutError$/, 0],
    ['slow', new RegExp(`^200 ${ANSWER}$`), 1],
  ] as const)('%s', async (kind, answer, times) => {
    const { answered, acted } = await started({ at: START, kind });
    expect(answered).toMatch(answer);
    expect(acted).toBe(times);
  });

  it('lets everything else through', async () => {
    const { answered } = await started({ at: START.replace('#1', '#2'), kind: '500' });
    expect(answered).toBe(`200 ${ANSWER}`);
  });
});
