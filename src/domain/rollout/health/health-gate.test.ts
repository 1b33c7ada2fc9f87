import { describe, expect, it } from 'vitest';
import {
  judge,
  openGate,
  type GateMemory,
  type GateObservation,
  type GateVerdict,
} from './health-gate.js';
import type { GateSettings } from './gate-settings.js';
import type { ContainerState } from '../container-state.js';
import { aContainer, NOON } from '../../testing/builders.js';

const START = Date.parse(NOON);
const PROBE = { kind: 'tcp', port: 80, intervalMs: 1000 } as const;
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

function settings(parts: Partial<GateSettings> = {}): GateSettings {
  return { timeoutMs: 60_000, stableForMs: 5_000, probe: null, ...parts };
}

interface Look {
  /** Seconds after the start. */
  readonly after: number;
  readonly container?: Partial<ContainerState>;
  readonly probe?: { readonly passed: boolean; readonly after: number };
}

/** The verdict after these looks at a container that was started at noon; it must be open until the last one. */
function afterLooks(looks: readonly Look[], wanted = settings()): GateVerdict {
  let memory: GateMemory = openGate(aContainer(), 0);
  let verdict: GateVerdict = { kind: 'wait', memory };
  for (const look of looks) {
    if (verdict.kind !== 'wait') throw new Error(`decided before the last look: ${verdict.kind}`);
    verdict = judge(memory, observation(look), wanted);
    if (verdict.kind === 'wait') memory = verdict.memory;
  }
  return verdict;
}

function observation({ after, container, probe }: Look): GateObservation {
  return {
    container: aContainer(container),
    probe: probe
      ? { passed: probe.passed, at: START + probe.after * 1000, detail: 'refused' }
      : null,
    now: START + after * 1000,
  };
}

function codeOf(verdict: GateVerdict): string {
  return verdict.kind === 'failed' ? verdict.code : verdict.kind;
}

const starting = { health: 'starting' } as const;
const healthy = { health: 'healthy', healthyAt: at(3) } as const;

describe('a check that ended in the future', () => {
  it('counts as passed now: the clock of the engine was set forward in between', () => {
    const late = { health: 'healthy', healthyAt: at(3_605) } as const;
    const looks = [
      { after: 1, container: starting },
      { after: 6, container: late },
    ];
    expect(afterLooks(looks).kind).toBe('wait');
    expect(afterLooks([...looks, { after: 11, container: late }])).toEqual({
      kind: 'passed',
      healthyAt: START + 6_000,
    });
  });
});

describe('a container without any check', () => {
  it('passes after it has stayed up, and was healthy from its start on', () => {
    expect(afterLooks([{ after: 4.999 }]).kind).toBe('wait');
    expect(afterLooks([{ after: 1 }, { after: 5 }])).toEqual({ kind: 'passed', healthyAt: START });
  });

  it.each<readonly [string, Partial<ContainerState>, string]>([
    ['exits', { status: 'exited', exitCode: 3 }, 'exited'],
    ['is dead', { status: 'dead', exitCode: 3 }, 'exited'],
    ['exits even with code 0', { status: 'exited', exitCode: 0 }, 'exited'],
    ['is waiting for its next restart', { status: 'restarting', exitCode: 3 }, 'exited'],
    ['was restarted', { restartCount: 1 }, 'exited'],
    ['was started again', { startedAt: at(1) }, 'exited'],
    ['ran out of memory', { status: 'exited', outOfMemory: true, exitCode: 137 }, 'out-of-memory'],
    [
      'ran out of memory and restarts',
      { status: 'restarting', outOfMemory: true },
      'out-of-memory',
    ],
  ])('fails at once when it %s', (_what, container, code) => {
    expect(codeOf(afterLooks([{ after: 1 }, { after: 2, container }]))).toBe(code);
  });

  it('is reported with its exit code', () => {
    const verdict = afterLooks([{ after: 2, container: { status: 'exited', exitCode: 3 } }]);
    expect(verdict).toMatchObject({ message: 'the container exited with code 3' });
  });

  it('does not pass while it is paused', () => {
    const paused = { status: 'paused' } as const;
    expect(afterLooks([{ after: 30, container: paused }]).kind).toBe('wait');
    expect(codeOf(afterLooks([{ after: 60, container: paused }]))).toBe('health-timeout');
  });
});

describe('a container with a HEALTHCHECK', () => {
  const now = settings({ stableForMs: 0 });

  it('passes with the first passed check', () => {
    const looks = [
      { after: 1, container: starting },
      { after: 4, container: healthy },
    ];
    expect(afterLooks(looks, now)).toEqual({ kind: 'passed', healthyAt: START + 3000 });
  });

  it('must stay up after that if it is configured', () => {
    const looks = [{ after: 4, container: healthy }];
    expect(afterLooks(looks).kind).toBe('wait');
    expect(afterLooks([...looks, { after: 7.9, container: healthy }]).kind).toBe('wait');
    expect(afterLooks([...looks, { after: 8, container: healthy }]).kind).toBe('passed');
  });

  it.each<readonly [string, Partial<ContainerState>, string]>([
    ['turns unhealthy', { health: 'unhealthy' }, 'unhealthy'],
    ['exits', { ...healthy, status: 'exited', exitCode: 1 }, 'exited'],
    ['is restarted', { ...healthy, restartCount: 1 }, 'exited'],
  ])('fails when it was healthy at first and then %s', (_what, container, code) => {
    const looks = [
      { after: 4, container: healthy },
      { after: 5, container },
    ];
    expect(codeOf(afterLooks(looks))).toBe(code);
  });

  it('fails if it is unhealthy from the start', () => {
    const looks = [{ after: 4, container: { health: 'unhealthy' } as const }];
    expect(codeOf(afterLooks(looks, now))).toBe('unhealthy');
  });

  it('fails at its timeout, counted from its start', () => {
    const looks = [{ after: 59.999, container: starting }];
    expect(afterLooks(looks, now).kind).toBe('wait');
    const verdict = afterLooks([...looks, { after: 60, container: starting }], now);
    expect(verdict).toMatchObject({ kind: 'failed', code: 'health-timeout' });
    expect(verdict).toMatchObject({ message: expect.stringContaining('"starting"') as string });
  });

  it('may be observed beyond the timeout once it has passed', () => {
    const wanted = settings({ stableForMs: 120_000 });
    const looks = [
      { after: 4, container: healthy },
      { after: 100, container: healthy },
    ];
    expect(afterLooks(looks, wanted).kind).toBe('wait');
  });
});

describe('a container with a probe', () => {
  const probed = settings({ probe: PROBE, stableForMs: 5_000 });

  it('does not pass before its first passed probe', () => {
    expect(afterLooks([{ after: 10 }], probed).kind).toBe('wait');
    expect(afterLooks([{ after: 10, probe: { passed: false, after: 9 } }], probed).kind).toBe(
      'wait',
    );
  });

  it('passes at the moment of the probe', () => {
    const looks = [
      { after: 2, probe: { passed: true, after: 2 } },
      { after: 7, probe: { passed: true, after: 6 } },
    ];
    expect(afterLooks(looks, probed)).toEqual({ kind: 'passed', healthyAt: START + 2000 });
  });

  it('fails when the probe passed and then fails', () => {
    const looks = [
      { after: 2, probe: { passed: true, after: 2 } },
      { after: 4, probe: { passed: false, after: 4 } },
    ];
    const verdict = afterLooks(looks, probed);
    expect(verdict).toMatchObject({ kind: 'failed', code: 'unhealthy' });
    expect(verdict).toMatchObject({ message: expect.stringContaining('refused') as string });
  });

  it('needs the HEALTHCHECK as well', () => {
    const probe = { passed: true, after: 1 };
    const looks = [{ after: 2, container: starting, probe }];
    const wanted = settings({ probe: PROBE, stableForMs: 0 });
    expect(afterLooks(looks, wanted).kind).toBe('wait');
    expect(afterLooks([...looks, { after: 4, container: healthy, probe }], wanted)).toEqual({
      kind: 'passed',
      healthyAt: START + 3000,
    });
  });

  it.each([
    [{ passed: false, after: 59 }, 'refused'],
    [undefined, 'nothing'],
  ])('reports at its timeout what the last probe reported: %j', (probe, words) => {
    const look = probe === undefined ? { after: 60 } : { after: 60, probe };
    const verdict = afterLooks([look], probed);
    expect(verdict).toMatchObject({ kind: 'failed', code: 'health-timeout' });
    expect(verdict).toMatchObject({ message: expect.stringContaining(words) as string });
  });
});
