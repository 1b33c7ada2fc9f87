import { describe, expect, it } from 'vitest';
import type { ConfigurationService } from '../../../../config/configuration.service.js';
import type { EngineClient } from '../../../../docker/client/engine-client.js';
import { EngineError } from '../../../../docker/client/engine-error.js';
import { ALL_HOOKS_RUN, type HookRun } from '../../../../domain/rollout/hooks.js';
import type { HookAction, Hooks } from '../../../../domain/settings/hook-settings.js';
import type { Snapshot } from '../../../../domain/rollout/snapshot.js';
import { Secret } from '../../../../domain/secrets/secret.js';
import {
  aCandidate,
  aContainer,
  aDeployment,
  anIntent,
  aSnapshot,
} from '../../../../domain/testing/builders.js';
import { anExecHook, anHttpHook, aRunHook } from '../../../../domain/testing/hook-builders.js';
import type { CallAnswer, OutgoingCalls } from '../../../../outgoing/outgoing-calls.js';
import type { Storage } from '../../../../storage/storage.js';
import type { DeploymentLog } from '../../../deployment-log.js';
import { HookRunner } from './hook-runner.js';
import type { StepContext } from '../step-context.js';

const BEFORE: HookRun = { name: 'run-before-hook', index: 0 };
const AFTER: HookRun = { name: 'run-after-hook', index: 0 };
const ON_FAILURE: HookRun = { name: 'run-failure-hook', index: 0 };
const TOKEN = 'token-of-the-configuration';

interface World {
  readonly action: HookAction;
  readonly step?: HookRun;
  /** What its command does. */
  readonly execute?: EngineClient['hooks']['execute'];
  readonly answer?: CallAnswer;
  readonly configured?: readonly HookAction[];
  readonly snapshot?: Partial<Snapshot>;
  readonly signal?: AbortSignal;
}

/** Runs the only action of a list. */
async function run(world: World) {
  const { action, step = BEFORE, configured = [] } = world;
  const lists = { before: [action], after: [action], onFailure: [action] };
  const lines: string[] = [];
  const urls: string[] = [];
  const { execute = () => Promise.resolve(0), answer = { status: 204, text: '' } } = world;
  const services = [{ name: 'web', hooks: { before: configured } as Partial<Hooks> }];
  const configuration = {
    current: () => ({
      tokens: [{ secret: new Secret(TOKEN) }],
      environments: [{ name: 'staging', services }],
    }),
  };
  const runner = new HookRunner(
    { deployments: { get: () => Promise.resolve(aDeployment()) } } as unknown as Storage,
    {
      appendAll: (_subject: unknown, _level: unknown, texts: string[]) => {
        lines.push(...texts);
        return Promise.resolve();
      },
    } as unknown as DeploymentLog,
    configuration as unknown as ConfigurationService,
    {
      send: ({ url }: { url: URL }) => {
        urls.push(url.href);
        return Promise.resolve(answer);
      },
    } as unknown as OutgoingCalls,
  );
  const context = {
    engine: { hooks: { execute } },
    intent: anIntent({ hooks: lists, imageId: aCandidate().imageId }),
    observation: {
      snapshot: aSnapshot({ candidate: aCandidate(), ...world.snapshot }),
      inspections: new Map(),
    },
    signal: world.signal ?? new AbortController().signal,
  } as unknown as StepContext;
  const result = await runner.run(step, context);
  return { result, lines, urls };
}

const exits = (code: number): Pick<World, 'execute'> => ({ execute: () => Promise.resolve(code) });

describe('the end of an action', () => {
  it('is recorded if it succeeded', async () => {
    const { result } = await run({ action: anExecHook() });
    expect(result).toEqual({ patch: { hooksRun: { before: 1, after: 0, onFailure: 0 } } });
  });

  it('is the rollout’s failure, with its reason and last line', async () => {
    const { result, lines } = await run({
      action: anExecHook(),
      execute: (_id, _command, onLine) => {
        onLine(`no table for ${TOKEN}`);
        return Promise.resolve(3);
      },
    });
    expect(result).toEqual({
      failure: {
        code: 'hook-failed',
        message:
          'the hook before 1 of 1 failed: its command exited with code 3; its last line: "no table for ***"',
      },
    });
    expect(lines).toEqual(['hook before 1 of 1 | no table for ***']);
  });

  it.each<[string, World, number]>([
    ['its user says so', { action: anExecHook({ onError: 'continue' }), ...exits(1) }, 1],
    [
      'there is no way back',
      {
        action: anExecHook({ in: 'new' }),
        step: AFTER,
        ...exits(1),
        snapshot: { old: null, candidate: aContainer() },
      },
      1,
    ],
    [
      'the rollout has failed anyway',
      { action: anExecHook(), step: ON_FAILURE, ...exits(1) },
      ALL_HOOKS_RUN,
    ],
    [
      'the rollout has failed anyway, and the next is run',
      { action: anExecHook({ onError: 'continue' }), step: ON_FAILURE, ...exits(1) },
      1,
    ],
  ])('is only reported if %s', async (_why, world, count) => {
    const { result } = await run(world);
    expect(result.failure).toBeUndefined();
    expect(result.problem).toContain('exited with code 1');
    expect(Object.values(result.patch?.hooksRun ?? {})).toContain(count);
  });
});

describe('a command', () => {
  it.each<[string, HookRun, Parameters<typeof anExecHook>[0], Partial<Snapshot>, string]>([
    ['the old one', BEFORE, { in: 'old' }, {}, 'old-container'],
    [
      'the new one',
      AFTER,
      { in: 'new' },
      { candidate: aCandidate({ status: 'running' }) },
      'new-container',
    ],
    ['the one that serves', ON_FAILURE, { in: 'serving' }, { candidate: null }, 'old-container'],
    [
      'the new one if it was left in its place',
      ON_FAILURE,
      { in: 'serving' },
      { old: aContainer({ status: 'exited' }), candidate: aCandidate({ status: 'running' }) },
      'new-container',
    ],
  ])('is executed in %s', async (_which, step, parts, snapshot, id) => {
    const ids: string[] = [];
    const execute: World['execute'] = (target) => {
      ids.push(target);
      return Promise.resolve(0);
    };
    await run({ action: anExecHook(parts), step, snapshot, execute });
    expect(ids).toEqual([id]);
  });

  it('fails if its container is not running', async () => {
    const old = aContainer({ status: 'exited' });
    const { result } = await run({ action: anExecHook(), snapshot: { old } });
    expect(result.failure?.message).toContain('the old container is not running');
  });

  it('fails at its timeout, with a note that it may still be running', async () => {
    const { result } = await run({
      action: anExecHook({ timeoutMs: 20 }),
      execute: (_id, _command, _onLine, signal) => untilAborted(signal),
    });
    expect(result.failure?.message).toContain(
      'did not end within 0.02 s, and its command may still be running',
    );
  });

  it('is interrupted when the server stops, which is no failure', async () => {
    const stopping = new AbortController();
    const running = run({
      action: anExecHook(),
      signal: stopping.signal,
      execute: (_id, _command, _onLine, signal) => untilAborted(signal),
    });
    stopping.abort(new Error('the server stops'));
    await expect(running).rejects.toThrow('the server stops');
  });

  it('is not to blame if the engine goes away', async () => {
    const gone = new EngineError('the connection was cut', null);
    const running = run({ action: anExecHook(), execute: () => Promise.reject(gone) });
    await expect(running).rejects.toBe(gone);
  });

  it('fails with the reason that the engine gives', async () => {
    const refused = new EngineError('no such program', 400);
    const { result } = await run({ action: anExecHook(), execute: () => Promise.reject(refused) });
    expect(result.failure?.message).toContain('no such program');
  });
});

describe('a request', () => {
  it('fails on any status but 200 to 299, and the answer is reported without secrets', async () => {
    const { result } = await run({
      action: anHttpHook(),
      answer: { status: 500, text: `cannot take ${TOKEN}` },
    });
    expect(result.failure?.message).toContain(
      'https://ci.example.com answered 500: "cannot take ***"',
    );
  });

  it('fails on a redirect, which is not followed', async () => {
    const { result, urls } = await run({
      action: anHttpHook(),
      answer: { status: 307, text: 'see elsewhere' },
    });
    expect(result.failure?.message).toContain('answered 307, and redirects are not followed');
    expect(urls).toHaveLength(1);
  });
});

describe('an action whose secrets were in memory only', () => {
  const action = anHttpHook();
  const stored = JSON.parse(JSON.stringify(action)) as HookAction;

  it('takes them from the current configuration', async () => {
    const other = anHttpHook({ origin: 'https://other.example.com' });
    const { result, urls } = await run({ action: stored, configured: [other, action] });
    expect(result.failure).toBeUndefined();
    expect(urls).toEqual(['https://ci.example.com/hooks/secret-part']);
  });

  it('fails if no equal action is configured any more', async () => {
    const configured = [anHttpHook({ timeoutMs: 1_000 })];
    const { result, urls } = await run({ action: stored, configured });
    expect(result.failure?.message).toContain('no longer contains it');
    expect(urls).toEqual([]);
  });

  it('needs no configuration if it has none', async () => {
    const { result } = await run({ action: anExecHook() });
    expect(result.failure).toBeUndefined();
  });

  it('stores its variables unless they are secrets', async () => {
    const env = { MODE: 'all', TOKEN: new Secret('secret-value') };
    const without = JSON.parse(JSON.stringify(aRunHook({ env }))) as HookAction;
    expect(without).toMatchObject({ env: { MODE: 'all', TOKEN: '***' } });
    const { result } = await run({ action: without });
    expect(result.failure?.message).toContain('no longer contains it');
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => {
      reject(new EngineError('aborted', null));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
}
