import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../src/domain/deployment/delivery.js';
import { Scenario, type ShownDeployment } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

const SERVICE = [
  'tag: { glob: "v*" }',
  'handler: ./web.mjs',
  'rollout: { health: { stableFor: 300ms } }',
];

/** Does what files beside it say, so that a test can change its mind. */
const HANDLER = `
import { existsSync } from 'node:fs';
const says = (word) => existsSync(new URL(word, import.meta.url));

export const onPush = (push, api) =>
  push.tag.endsWith('-rc') ? api.skip(push.tag + ' is a candidate') : undefined;

export function decide(deployment, api) {
  if (says('busy')) return api.wait({ for: 'the queue', seconds: 0.5, reason: 'jobs are left' });
  if (says('exit')) process.exit(7);
  if (says('hang')) for (;;);
  return api.deploy();
}

export function beforeRollout(plan, api) {
  api.log.info('begins', plan.to === plan.deployment.digest, plan.steps.map(({ name }) => name).join());
  if (says('forbidden')) {
    throw new Error('not on this disk');
  }
}

export function afterRollout({ phase, downtimeMs }, api) {
  console.log('ended', phase, typeof downtimeMs);
}
`;

/** A service with the handler above in the place where its configuration looks for it. */
async function aScenario(handler = HANDLER): Promise<{
  readonly scenario: Scenario;
  readonly say: (word: string) => void;
  readonly unsay: (word: string) => void;
  readonly rewrite: (handler: string) => void;
}> {
  const scenario = await Scenario.start({
    tag: 'v1',
    service: SERVICE,
    configuration: ['handlers: { timeout: 2s }'],
    prepareOnly: true,
  });
  const at = (name: string): string => join(scenario.deploy.folder, name);
  writeFileSync(at('web.mjs'), handler);
  await scenario.deploy.start();
  return {
    scenario,
    say: (word) => {
      writeFileSync(at(word), '');
    },
    unsay: (word) => {
      rmSync(at(word));
    },
    rewrite: (text) => {
      writeFileSync(at('web.mjs'), text);
      scenario.deploy.signal('SIGHUP');
    },
  };
}

function heldByHandler(scenario: Scenario, id: string, words: string): Promise<ShownDeployment> {
  return waitFor(
    `deployment ${id} to wait: ${words}`,
    () => scenario.deployment(id),
    ({ waitingFor, reason }) => waitingFor === 'handler' && reason?.includes(words) === true,
  );
}

async function linesOf(scenario: Scenario, id: string): Promise<string[]> {
  const answer = await scenario.deploy.api(`/deployments/${id}/log?limit=200`);
  const { items } = (await answer.json()) as { items: { level: string; text: string }[] };
  return items.map(({ level, text }) => `${level} ${text}`);
}

describe('a handler', () => {
  it('skips a push, lets the next one wait and then go, and hears of its end', async () => {
    const { scenario, say, unsay } = await aScenario();
    await scenario.push({ version: 'v2' }, 'v2-rc');
    const skipped = await scenario.ended(await scenario.hookedDeployment('v2-rc'));
    const reason = 'the handler ./web.mjs skips it: v2-rc is a candidate';
    expect(skipped).toMatchObject({ phase: 'skipped', reason, digest: null });
    const told = await scenario.deploy.api(`/deliveries/${skipped.trigger.delivery ?? ''}`);
    expect(((await told.json()) as Delivery).reason).toBe(`staging/web: ${reason}`);

    say('busy');
    const digest = await scenario.push({ version: 'v3' }, 'v3');
    const id = await scenario.hookedDeployment('v3');
    const held = await heldByHandler(scenario, id, 'waits for the queue: jobs are left');
    expect(held).toMatchObject({ phase: 'waiting', digest });
    unsay('busy');
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v3');
    const lines = await waitFor(
      'the handler to hear of the end',
      () => linesOf(scenario, id),
      (all) => all.some((line) => line.includes('ended')),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^info \.\/web\.mjs: begins true pull,create,compare,stop-old/),
    );
    expect(lines.at(-1)).toBe('info ./web.mjs: ended succeeded number');
  });

  it('ends a rollout before anything is touched; with force it does not', async () => {
    const { scenario, say } = await aScenario();
    const before = await scenario.inspect();
    say('forbidden');
    const failed = await scenario.ship({ version: 'v2' }, 'v2');
    expect(failed).toMatchObject({ phase: 'failed', downtimeMs: 0, steps: [] });
    expect(failed.error).toMatchObject({
      code: 'handler-failed',
      retryable: true,
      serving: 'old',
      message: expect.stringMatching(
        /^the handler \.\/web\.mjs threw in beforeRollout: not on this disk \(web\.mjs:18:11\)$/,
      ) as string,
    });
    expect((await scenario.inspect()).State.StartedAt).toBe(before.State.StartedAt);

    const { id } = await scenario.deployByHand({ tag: 'v2', force: true });
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded' });
    expect((await linesOf(scenario, id)).join('\n')).toContain('goes on all the same');
  });

  it('holds deployments back while it is broken, until a better one is read', async () => {
    const { scenario, say, rewrite } = await aScenario();
    say('exit');
    await scenario.push({ version: 'v2' }, 'v2');
    const id = await scenario.hookedDeployment('v2');
    await heldByHandler(scenario, id, 'ended its process in decide: exit code 7; asked again in');
    rewrite(
      "export const onPush = () => {};\nexport const decide = () => {\n  throw new Error('no'); };",
    );
    await heldByHandler(scenario, id, 'threw in decide: no (web.mjs:3:9); asked again in');
    rewrite('export const decide = (deployment, api) => api.deploy();');
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded' });
  });

  it('that hangs keeps neither the webhook nor the end of the server waiting', async () => {
    const { scenario, say } = await aScenario();
    say('hang');
    await scenario.push({ version: 'v2' }, 'v2');
    const id = await scenario.hookedDeployment('v2');
    await heldByHandler(scenario, id, 'was stopped in decide: it did not end within 2 s');
    const before = performance.now();
    expect((await scenario.hook('v2')).status).toBe(202);
    expect(performance.now() - before).toBeLessThan(1_500);
    await scenario.deploy.restart();
    await waitFor(
      'the handler to be asked again',
      () => linesOf(scenario, id),
      (lines) => lines.length > 2,
    );
    expect(await scenario.deploy.stop()).toBe(0);
  });

  it('is seen to have no fault before it is started', async () => {
    const { scenario } = await aScenario(
      'export const decide = (deployment, api) => api.deploy();',
    );
    writeFileSync(join(scenario.deploy.folder, 'web.mjs'), 'export const decide = (');
    const { code, stderr } = await scenario.deploy.command('check');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /:\d+:\d+: environments\.staging\.services\.web\.handler: .*SyntaxError/,
    );
  });
});
