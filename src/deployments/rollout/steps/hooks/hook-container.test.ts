import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../../../docker/client/engine-client.js';
import { aContainer, anImage } from '../../../../docker/testing/inspection-builders.js';
import type { RolloutIntent } from '../../../../domain/rollout/intent.js';
import { anIntent, NEW_IMAGE, OLD_ID } from '../../../../domain/testing/builders.js';
import { aRunHook } from '../../../../domain/testing/hook-builders.js';
import { runOneOff } from './hook-container.js';
import { observationOf } from '../../observer.js';
import type { StepContext } from '../step-context.js';

const HOOK_ID = 'hook-container';
const DATA = { Type: 'volume', Name: 'data', Destination: '/data' };
const ENDED = { Status: 'exited', Running: false, ExitCode: 0 };

interface World {
  readonly intent?: Partial<Omit<RolloutIntent, 'old'>>;
  /** Its state once it was started. */
  readonly state?: Partial<typeof ENDED> & { OOMKilled?: boolean };
  readonly labels?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly start?: () => Promise<void>;
}

/** Runs a one-off container on an engine that carries out every call. */
async function run(world: World = {}) {
  const calls: string[] = [];
  const done = (call: string) => () => {
    calls.push(call);
    return Promise.resolve();
  };
  const old = {
    ...aContainer({ Mounts: [DATA], HostConfig: { NetworkMode: 'front', Binds: ['data:/data'] } }),
    Id: OLD_ID,
    NetworkSettings: { Networks: { front: {}, back: {} } },
  };
  const seen = { ...aContainer({ State: { ...ENDED, ...world.state } }), Id: HOOK_ID };
  const engine = {
    facts: () => Promise.resolve({ apiVersion: '1.41', defaultRuntime: 'runc' }),
    image: () => Promise.resolve(anImage()),
    volumeLabels: () => Promise.resolve(world.labels ?? {}),
    container: () => Promise.resolve(seen),
    create: (name: string, { Image }: { Image: string }) => {
      calls.push(`create ${name} of ${Image}`);
      return Promise.resolve(HOOK_ID);
    },
    start: world.start ?? done('start'),
    files: { copy: (path: string) => done(`copy ${path}`)() },
    networks: { connect: (name: string) => done(`connect ${name}`)() },
    hooks: { follow: done('follow'), remove: done('remove') },
  } as unknown as EngineClient;
  const intent = anIntent({ imageId: NEW_IMAGE, ...world.intent });
  const inspections = new Map([[OLD_ID, old]]);
  const observation = observationOf(
    { epoch: '', oldImage: null, hasWaitingNetwork: false, inspections },
    intent,
    'instance',
  );
  const signal = world.signal ?? new AbortController().signal;
  const context: StepContext = { engine, intent, observation, signal };
  const oneOff = { hook: aRunHook(), list: 'before', instance: 'instance' } as const;
  const running = runOneOff(oneOff, context, () => undefined, signal);
  const end = await running.then(
    (why) => why,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  return { end, calls };
}

describe('a one-off container', () => {
  it('is complete before it is started, and is removed when it ends', async () => {
    const { end, calls } = await run({ intent: { files: ['/run/secrets/token'] } });
    expect(end).toBeNull();
    expect(calls).toEqual([
      `create web.deploy-hook of ${NEW_IMAGE}`,
      'copy /run/secrets/token',
      'connect back',
      'start',
      'follow',
      'remove',
    ]);
  });

  it.each<[string, NonNullable<World['state']>, string]>([
    ['its exit code', { ExitCode: 3 }, 'it exited with code 3'],
    ['the memory that it ran out of', { ExitCode: 137, OOMKilled: true }, 'ran out of memory'],
  ])('fails by %s, and goes', async (_what, state, said) => {
    const { end, calls } = await run({ state });
    expect(end).toContain(said);
    expect(calls.at(-1)).toBe('remove');
  });

  it('is removed if it cannot be started', async () => {
    const refused = new Error('no such program');
    const { end, calls } = await run({ start: () => Promise.reject(refused) });
    expect(end).toBe(refused);
    expect(calls.at(-1)).toBe('remove');
  });

  it('is removed at once when its time is over', async () => {
    const late = new AbortController();
    setTimeout(() => {
      late.abort(new Error('it took too long'));
    }, 20);
    const state = { Status: 'running', Running: true };
    const { end, calls } = await run({ signal: late.signal, state });
    expect(end).toBeInstanceOf(Error);
    expect(calls.at(-1)).toBe('remove');
  });

  it('is not created without the new image', async () => {
    const { end, calls } = await run({ intent: { imageId: null } });
    expect(end).toMatchObject({ code: 'hook-failed' });
    expect(calls).toEqual([]);
  });

  it('is not created if it would share an exclusive volume', async () => {
    const { end, calls } = await run({ labels: { 'deploy.exclusive': 'true' } });
    expect(end).toMatchObject({ code: 'hook-failed' });
    expect(String(end)).toContain('/data is marked as exclusive');
    expect(calls).toEqual([]);
  });
});
