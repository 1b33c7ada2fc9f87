import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  ConfigurationListener,
  ConfigurationService,
} from '../config/configuration.service.js';
import type { Delivery } from '../domain/deployment/delivery.js';
import { newDeployment, type Deployment } from '../domain/deployment/deployment.js';
import type { HandlerFile, Service, Webhook } from '../domain/settings/environment.js';
import type { Configuration } from '../domain/settings/configuration.js';
import { simulateRollout } from '../domain/rollout/plan/simulate.js';
import { aSnapshot, anIntent } from '../domain/testing/builders.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { HandlerSchedule } from './failure-patience.js';
import { HandlerRunners } from './handler-runners.js';
import { HandlerService } from './handler.service.js';
import { aHandler, aListener, QUIET } from './testing/written-handler.js';
import { writeFileSync } from 'node:fs';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The service over a configuration that a test can change. */
function aService(timeoutMs = 10_000): { handlers: HandlerService; reload: () => void } {
  const listeners: ConfigurationListener[] = [];
  let current = { handlers: { timeoutMs, hosts: [] }, webhooks: [], environments: [] };
  const configuration = {
    current: () => current,
    onChange: (listener: ConfigurationListener) => {
      listeners.push(listener);
      return () => undefined;
    },
  } as unknown as ConfigurationService;
  const runners = new HandlerRunners(configuration, new GuardedHttp());
  runners.onApplicationBootstrap();
  const schedule = Object.assign(new HandlerSchedule(), { failurePausesMs: [300, 60_000] });
  const handlers = new HandlerService(configuration, runners, schedule);
  onTestFinished(() => handlers.onModuleDestroy());
  const reload = (): void => {
    const previous = current;
    current = { ...current };
    const [now, before] = [current, previous] as unknown as Configuration[];
    for (const listener of listeners) if (now && before) listener(now, before);
  };
  return { handlers, reload };
}

function aServiceWith(handler: HandlerFile | null): Service {
  return { environment: 'staging', name: 'web', handler } as Service;
}

function aDeployment(patch: Partial<Deployment> = {}): Deployment {
  const trigger = { kind: 'webhook', by: 'hub', delivery: 'D1' } as const;
  const wanted = { environment: 'staging', service: 'web', image: 'docker.io/acme/web' };
  return {
    ...newDeployment({ ...wanted, id: '01', tag: 'v2', trigger }, '2026-01-01T00:00:00.000Z'),
    digest: DIGEST,
    ...patch,
  };
}

const DELIVERY: Pick<Delivery, 'id' | 'webhook' | 'receivedAt' | 'pushes'> = {
  id: 'D1',
  webhook: 'hub',
  receivedAt: '2026-01-01T00:00:00.000Z',
  pushes: [
    { repository: 'docker.io/acme/web', tag: 'v1', digest: null },
    { repository: 'docker.io/acme/web', tag: 'v2', digest: 'sha256:said' },
  ],
};

const PLAN = { intent: anIntent(), steps: simulateRollout(aSnapshot(), anIntent()) };

describe('a push', { timeout: 30_000 }, () => {
  it('proceeds without a handler', async () => {
    const { handlers } = aService();
    const service = aServiceWith(null);
    expect(handlers.hearsOfPushes(service, null)).toBe(false);
    expect(await handlers.onPush(aDeployment(), DELIVERY, service, null, QUIET)).toEqual({
      kind: 'go',
    });
  });

  it('is passed to the webhook’s handler first, then to the service’s', async () => {
    const { handlers } = aService();
    const { said, say } = aListener();
    const hub = aHandler(`export const onPush = (push, api) => {
      api.log.info(JSON.stringify(push));
      return push.tag === 'v3' ? api.skip('not from here') : undefined;
    };`);
    const own = aHandler("export const onPush = (push, api) => api.skip('not ' + push.digest);");
    const webhook = { name: 'hub', handler: hub } as Webhook;
    const asked = (tag: string) =>
      handlers.onPush(aDeployment({ tag }), DELIVERY, aServiceWith(own), webhook, say);
    expect(await asked('v2')).toEqual({
      kind: 'skip',
      reason: 'the handler ./handlers/web.mjs skips it: not sha256:said',
    });
    expect(await asked('v3')).toMatchObject({
      reason: expect.stringMatching(/not from here$/) as string,
    });
    expect(JSON.parse(said[0]?.replace(/^info \S+: /, '') ?? '')).toEqual({
      image: 'docker.io/acme/web',
      tag: 'v2',
      digest: 'sha256:said',
      webhook: 'hub',
      delivery: 'D1',
      receivedAt: '2026-01-01T00:00:00.000Z',
      environment: 'staging',
      service: 'web',
    });
  });

  it('is passed once to a handler that both use', async () => {
    const { handlers } = aService();
    const { said, say } = aListener();
    const both = aHandler("export const onPush = (push, api) => { api.log.info('asked'); };");
    const webhook = { name: 'hub', handler: both } as Webhook;
    await handlers.onPush(aDeployment(), DELIVERY, aServiceWith(both), webhook, say);
    expect(said).toEqual(['info ./handlers/web.mjs: asked']);
  });

  it('waits with growing pauses while a handler fails', async () => {
    const { handlers } = aService();
    const file = aHandler(
      "export const onPush = () => { throw new Error('broken ' + Date.now()); };",
    );
    const ask = async (): Promise<number> => {
      const decision = await handlers.onPush(
        aDeployment(),
        DELIVERY,
        aServiceWith(file),
        null,
        QUIET,
      );
      expect(decision).toMatchObject({
        kind: 'wait',
        reason: expect.stringMatching(
          /threw in onPush: broken \d+ \(web\.mjs:1:37\); asked again$/,
        ) as string,
      });
      return decision.kind === 'wait' ? Date.parse(decision.until) - Date.now() : 0;
    };
    expect(await ask()).toBeLessThanOrEqual(300);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await ask()).toBeGreaterThan(50_000);
  });
});

describe('a deployment that the policy allows', { timeout: 30_000 }, () => {
  it('waits if the handler says so, with its reason', async () => {
    const { handlers } = aService();
    const file = aHandler(`export const decide = ({ digest, trigger, force }, api) =>
      api.wait({ for: 'the queue', seconds: 30, reason: [digest.length, trigger.kind, force].join() });`);
    expect(await handlers.decide(aDeployment(), aServiceWith(file), QUIET)).toMatchObject({
      kind: 'wait',
      reason: 'the handler ./handlers/web.mjs waits for the queue: 71,webhook,false; asked again',
    });
  });

  it('is not asked about if a user overrides the handler or there is no decide', async () => {
    const { handlers } = aService();
    const no = aServiceWith(aHandler("export const decide = (_, api) => api.skip('no');"));
    const rollback = { kind: 'rollback', by: 'ops', delivery: null } as const;
    const decided = await Promise.all([
      handlers.decide(aDeployment({ force: true }), no, QUIET),
      handlers.decide(aDeployment({ trigger: rollback }), no, QUIET),
      handlers.decide(
        aDeployment(),
        aServiceWith(aHandler('export const onPush = 0;\nexport function afterRollout() {}')),
        QUIET,
      ),
      handlers.decide(aDeployment(), no, QUIET),
    ]);
    expect(decided.map(({ kind }) => kind)).toEqual(['go', 'go', 'go', 'skip']);
  });

  it('waits while the handler takes longer than the configuration allows', async () => {
    const { handlers } = aService(200);
    const file = aHandler('export const decide = () => new Promise(() => {});');
    expect(await handlers.decide(aDeployment(), aServiceWith(file), QUIET)).toMatchObject({
      kind: 'wait',
      reason: expect.stringMatching(
        /was stopped in decide: it did not end within 0\.2 s; asked again$/,
      ) as string,
    });
  });

  it('is not asked about again before its time unless the configuration is reloaded', async () => {
    const { handlers, reload } = aService();
    const file = aHandler(
      'let n = 0; export const decide = (_, api) => api.wait({ seconds: 60, reason: String(++n) });',
    );
    const ask = () => handlers.decide(aDeployment(), aServiceWith(file), QUIET);
    const first = await ask();
    expect(await ask()).toBe(first);
    expect(
      await handlers.decide(aDeployment({ id: '02' }), aServiceWith(file), QUIET),
    ).toMatchObject({ reason: 'the handler ./handlers/web.mjs waits: 2; asked again' });
    reload();
    const second = await ask();
    expect(second).not.toBe(first);
  });

  it('is asked about with the current file after a reload', async () => {
    const { handlers, reload } = aService();
    const file = aHandler("export const decide = (_, api) => api.skip('old');");
    const reasonNow = async (): Promise<string | undefined> => {
      const decision = await handlers.decide(aDeployment(), aServiceWith(file), QUIET);
      return decision.kind === 'skip' ? decision.reason.split(': ')[1] : undefined;
    };
    expect(await reasonNow()).toBe('old');
    writeFileSync(file.path, "export const decide = (_, api) => api.skip('new');");
    expect(await reasonNow()).toBe('old');
    reload();
    expect(await reasonNow()).toBe('new');
  });

  it('waits when the server stops', async () => {
    const { handlers } = aService();
    const file = aHandler('export const decide = (_, api) => api.deploy();');
    await handlers.onModuleDestroy();
    expect(await handlers.decide(aDeployment(), aServiceWith(file), QUIET)).toMatchObject({
      kind: 'wait',
      reason: 'the handler ./handlers/web.mjs was not asked: the server stops; asked again',
    });
  });
});

describe('a rollout', { timeout: 30_000 }, () => {
  it('begins after the handler has seen the plan', async () => {
    const { handlers } = aService();
    const { said, say } = aListener();
    const file = aHandler(`export const beforeRollout = (plan, api) => {
      api.log.info(plan.strategy, plan.container, plan.steps[0].description);
    };`);
    const verdict = await handlers.beforeRollout(aDeployment(), PLAN, aServiceWith(file), say);
    expect(verdict).toEqual({ kind: 'go' });
    expect(said).toEqual([
      expect.stringMatching(/: recreate web pull docker\.io\/acme\/web@/) as string,
    ]);
  });

  it('does not begin if the handler skips it, throws or hangs', async () => {
    const { handlers } = aService(300);
    const ask = (body: string) =>
      handlers.beforeRollout(
        aDeployment(),
        PLAN,
        aServiceWith(aHandler(`export const beforeRollout = (plan, api) => { ${body} };`)),
        QUIET,
      );
    expect(await ask("return api.skip('not now')")).toMatchObject({ kind: 'skip' });
    expect(await ask("throw new Error('no disk')")).toMatchObject({
      kind: 'fail',
      failure: { code: 'handler-failed', message: expect.stringContaining('no disk') as string },
    });
    expect(await ask('for (;;);')).toMatchObject({ kind: 'fail' });
  });

  it('begins in any case if a user overrides the handler', async () => {
    const { handlers } = aService();
    const { said, say } = aListener();
    const file = aHandler("export const beforeRollout = () => { throw new Error('no disk'); };");
    const forced = aDeployment({ force: true });
    const verdict = await handlers.beforeRollout(forced, PLAN, aServiceWith(file), say);
    expect(verdict).toEqual({ kind: 'go' });
    expect(said[0]).toMatch(
      /^warn .* no disk .*; goes on all the same, because it was started manually$/,
    );
  });

  it('is reported when it has ended; a failure of the handler is only logged', async () => {
    const { handlers } = aService();
    const { said, say } = aListener();
    const file = aHandler(`export const afterRollout = ({ phase, error }, api) => {
      api.log.info(phase, error.code, error.serving);
      throw new Error('mail is down');
    };`);
    const error = {
      code: 'unhealthy',
      message: 'x',
      retryable: false,
      serving: 'old',
      logTail: null,
    } as const;
    const ended = aDeployment({ phase: 'rolled-back', error, finishedAt: '2026-01-01T00:01:00Z' });
    await handlers.afterRollout(ended, aServiceWith(file), say);
    await handlers.afterRollout(aDeployment({ phase: 'running' }), aServiceWith(file), say);
    expect(said).toEqual([
      'info ./handlers/web.mjs: rolled-back unhealthy old',
      expect.stringMatching(
        /^error .* threw in afterRollout: mail is down \(web\.mjs:3:13\)$/,
      ) as string,
    ]);
  });
});
