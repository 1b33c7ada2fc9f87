import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeployError, type ErrorCode } from '../../domain/errors.js';
import type { RegistryClient } from '../../registries/registry-client.js';
import { DigestLookup, LookupSchedule, type LookupOutcome } from './digest-lookup.js';

const START = Date.parse('2026-01-01T12:00:00.000Z');
const OLD = `sha256:${'a'.repeat(64)}`;
const NEW = `sha256:${'b'.repeat(64)}`;

/** What the registry answers to one look: a digest, or the code of its refusal. */
type Answer = string | { readonly code: ErrorCode; readonly retryAfterMs?: number };

const MISSING = { code: 'tag-not-found' } as const;
const DOWN = { code: 'registry-unavailable' } as const;

interface Case {
  /** Answers in order; the last one repeats. */
  readonly answers: readonly Answer[];
  readonly once?: boolean;
  readonly expiresAt?: number;
  /** Numbers of the waits, from 1, that somebody pokes after a second. */
  readonly pokes?: readonly number[];
  /** How long each look takes, in milliseconds. */
  readonly lookMs?: number;
  readonly signal?: AbortSignal;
  readonly onLook?: (look: number) => void;
}

interface Seen {
  readonly outcome: LookupOutcome;
  /** When the registry was asked, in seconds after the start. */
  readonly looks: readonly number[];
  readonly waits: readonly number[];
  readonly troubles: readonly string[];
}

/** Runs a look-up against a registry and a clock of our own: no test waits for real. */
async function lookUp(wanted: Case): Promise<Seen> {
  const looks: number[] = [];
  const waits: number[] = [];
  const troubles: string[] = [];
  const resolveDigest = async (): Promise<{ digest: string }> => {
    looks.push((Date.now() - START) / 1000);
    vi.advanceTimersByTime(wanted.lookMs ?? 0);
    wanted.onLook?.(looks.length);
    const answer = wanted.answers[looks.length - 1] ?? wanted.answers.at(-1) ?? DOWN;
    if (typeof answer === 'string') return Promise.resolve({ digest: answer });
    const { code, ...options } = answer;
    throw new DeployError(code, `the registry says ${code}`, options);
  };
  const registry = { resolveDigest } as unknown as RegistryClient;
  const outcome = await new DigestLookup(registry, new LookupSchedule()).resolve({
    repository: 'docker.io/acme/web',
    tag: 'latest',
    once: wanted.once ?? false,
    expiresAt: wanted.expiresAt ?? Number.POSITIVE_INFINITY,
    running: () => Promise.resolve([OLD]),
    onTrouble: (message) => {
      troubles.push(message);
      return Promise.resolve();
    },
    wait: (milliseconds) => {
      waits.push(milliseconds);
      const isPoked = wanted.pokes?.includes(waits.length) ?? false;
      vi.advanceTimersByTime(isPoked ? Math.min(1_000, milliseconds) : milliseconds);
      return Promise.resolve(isPoked);
    },
    signal: wanted.signal ?? new AbortController().signal,
  });
  return { outcome, looks, waits, troubles };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a look at the registry', () => {
  it('is enough where the digest has changed', async () => {
    const { outcome, looks } = await lookUp({ answers: [NEW] });
    expect(outcome).toEqual({ kind: 'changed', digest: NEW });
    expect(looks).toEqual([0]);
  });

  it('is repeated after exactly 5, 15, 30 and 60 s while the digest is the one that runs', async () => {
    const { outcome, looks } = await lookUp({ answers: [OLD] });
    expect(looks).toEqual([0, 5, 15, 30, 60]);
    expect(outcome).toEqual({ kind: 'same', digest: OLD });
  });

  it('keeps to that series however long each look takes', async () => {
    const { looks } = await lookUp({ answers: [OLD], lookMs: 3_000 });
    expect(looks).toEqual([0, 5, 15, 30, 60]);
  });

  it('is repeated as well while the tag is missing, which then fails', async () => {
    const { outcome, looks } = await lookUp({ answers: [MISSING] });
    expect(looks).toEqual([0, 5, 15, 30, 60]);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tag-not-found' });
  });

  it('finds a tag that appears meanwhile', async () => {
    const { outcome, looks } = await lookUp({ answers: [MISSING, MISSING, NEW] });
    expect(outcome).toEqual({ kind: 'changed', digest: NEW });
    expect(looks).toEqual([0, 5, 15]);
  });

  it('is the only one where one is wanted', async () => {
    expect((await lookUp({ answers: [OLD], once: true })).looks).toEqual([0]);
    expect((await lookUp({ answers: [MISSING], once: true })).looks).toEqual([0]);
  });

  it.each(['registry-auth', 'not-found', 'invalid-reference'] as const)(
    'is not repeated where it is refused: %s',
    async (code) => {
      const { outcome, looks, waits } = await lookUp({ answers: [{ code }] });
      expect(outcome).toMatchObject({ kind: 'failed', code });
      expect([looks, waits]).toEqual([[0], []]);
    },
  );

  it('lets what is not a refusal of the registry through', async () => {
    const registry = {
      resolveDigest: () => Promise.reject(new TypeError('a mistake of ours')),
    } as unknown as RegistryClient;
    const lookup = new DigestLookup(registry, new LookupSchedule());
    const resolving = lookup.resolve({
      repository: 'docker.io/acme/web',
      tag: 'latest',
      once: true,
      expiresAt: 0,
      running: () => Promise.resolve([]),
      onTrouble: () => Promise.resolve(),
      wait: () => Promise.resolve(false),
      signal: new AbortController().signal,
    });
    await expect(resolving).rejects.toThrow(TypeError);
  });
});

describe('another hook', () => {
  it('begins the series again', async () => {
    const { looks } = await lookUp({ answers: [OLD], pokes: [3] });
    expect(looks).toEqual([0, 5, 15, 16, 21, 31, 46, 76]);
  });

  it('that came during the last look is not missed', async () => {
    const answers = [OLD, OLD, OLD, OLD, OLD, NEW];
    const { outcome, looks } = await lookUp({ answers, pokes: [5] });
    expect(outcome).toEqual({ kind: 'changed', digest: NEW });
    expect(looks).toEqual([0, 5, 15, 30, 60, 60]);
  });
});

describe('a registry that does not answer', () => {
  beforeEach(() => {
    // No jitter: the base of each pause times 0.75 + 0.5 / 2.
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });

  it('is asked again after growing pauses, and every one is told', async () => {
    const answers: Answer[] = [...Array<Answer>(8).fill(DOWN), NEW];
    const { outcome, waits, troubles } = await lookUp({ answers });
    expect(waits).toEqual([1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 60_000, 60_000]);
    expect(troubles).toEqual(Array(8).fill('the registry says registry-unavailable'));
    expect(outcome).toEqual({ kind: 'changed', digest: NEW });
  });

  it('is given the time that it asks for', async () => {
    const busy = { ...DOWN, retryAfterMs: 90_000 };
    const brief = { ...DOWN, retryAfterMs: 100 };
    const { waits } = await lookUp({ answers: [busy, brief, NEW] });
    expect(waits).toEqual([90_000, 2_000]);
  });

  it('also counts as down where it speaks nonsense', async () => {
    const { waits, outcome } = await lookUp({ answers: [{ code: 'registry-protocol' }, NEW] });
    expect([waits, outcome.kind]).toEqual([[1_000], 'changed']);
  });

  it('is waited for until the deployment expires', async () => {
    const { outcome, looks } = await lookUp({ answers: [DOWN], expiresAt: START + 20_000 });
    expect(outcome).toEqual({
      kind: 'expired',
      message: 'the registry says registry-unavailable',
    });
    expect(looks).toEqual([0, 1, 3, 8, 18, 48]);
  });

  it('gets the whole series once it answers again', async () => {
    const { looks } = await lookUp({ answers: [...Array<Answer>(5).fill(DOWN), MISSING] });
    expect(looks).toEqual([0, 1, 3, 8, 18, 48, 53, 63, 78, 108]);
  });

  it('begins with short pauses again after it has answered', async () => {
    const { waits } = await lookUp({ answers: [DOWN, DOWN, OLD, DOWN, NEW] });
    expect(waits).toEqual([1_000, 2_000, 5_000, 1_000]);
  });
});

describe('the jitter', () => {
  it.each([
    [0, 750],
    [0.999_999, 1_250],
  ])('moves a pause by a quarter at most: %d', (random, milliseconds) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    expect(new LookupSchedule().pauseMs(0, null)).toBeCloseTo(milliseconds, 0);
  });
});

describe('an abort', () => {
  it('ends the look-up with its reason, also during a look', async () => {
    const abort = new AbortController();
    const looking = lookUp({
      answers: [DOWN],
      signal: abort.signal,
      onLook: (look) => {
        if (look === 3) abort.abort(new Error('the server stops'));
      },
    });
    await expect(looking).rejects.toThrow('the server stops');
  });
});
