import { describe, expect, it } from 'vitest';
import { containerState } from './container-state.js';
import type { RunState } from './inspection.js';
import { aContainer, CONTAINER_ID, IMAGE_ID } from '../testing/inspection-builders.js';

const NEVER = '0001-01-01T00:00:00Z';
const STARTED = '2026-01-01T12:00:00.123456789Z';

const seen = (State: Partial<RunState>) => containerState(aContainer({ State }));
const healthOf = (Health: RunState['Health'], StartedAt = STARTED) => {
  const state = seen({ StartedAt, ...(Health === undefined ? {} : { Health }) });
  return [state?.health, state?.healthyAt];
};

describe('what a rollout sees of a container', () => {
  it('is its name, image, labels and times', () => {
    const container = aContainer({
      Config: { Labels: { a: 'b' } },
      State: { Status: 'running', StartedAt: STARTED, FinishedAt: NEVER },
    });
    expect(containerState(container)).toEqual({
      id: CONTAINER_ID,
      name: 'web',
      imageId: IMAGE_ID,
      status: 'running',
      startedAt: STARTED,
      finishedAt: null,
      exitCode: 0,
      error: '',
      outOfMemory: false,
      health: 'none',
      healthyAt: null,
      restartCount: 0,
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      autoRemove: false,
      labels: { a: 'b' },
      networks: { bridge: [] },
      unpublished: [],
    });
  });

  it('includes published ports without a binding while it runs', () => {
    const bound = [{ HostIp: '127.0.0.1', HostPort: '8080' }];
    const seen = (Status: string): readonly string[] | undefined =>
      containerState({
        ...aContainer({ State: { Running: true, Status } }),
        HostConfig: { PortBindings: { '80/tcp': bound, '81/tcp': bound, '82/tcp': [] } },
        NetworkSettings: { Ports: { '80/tcp': bound, '81/tcp': null, '82/tcp': null } },
      })?.unpublished;
    expect(seen('running')).toEqual(['81/tcp']);
    expect(seen('exited')).toEqual([]);
  });

  it('is how it ended', () => {
    const state = {
      Status: 'exited',
      ExitCode: 137,
      OOMKilled: true,
      Error: 'no',
      FinishedAt: STARTED,
    };
    expect(seen(state)).toMatchObject({
      status: 'exited',
      exitCode: 137,
      outOfMemory: true,
      error: 'no',
      finishedAt: STARTED,
    });
  });

  it('is nothing if it is being removed or in an unknown state', () => {
    expect(seen({ Status: 'removing' })).toBeNull();
    expect(seen({ Status: 'stopping' })).toBeNull();
    expect(containerState({ ...aContainer(), State: { Running: true } })).toBeNull();
  });

  it('has no start if it never started', () => {
    expect(seen({ StartedAt: NEVER })?.startedAt).toBeNull();
    expect(seen({ StartedAt: '' })?.startedAt).toBeNull();
    expect(seen({})?.startedAt).toBeNull();
  });

  it('says how it is restarted and removed', () => {
    const container = aContainer({
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, AutoRemove: true },
    });
    expect(containerState({ ...container, RestartCount: 2 })).toMatchObject({
      restartPolicy: { name: 'on-failure', maximumRetryCount: 3 },
      autoRemove: true,
      restartCount: 2,
    });
    const unset = aContainer({ HostConfig: { RestartPolicy: { Name: '' } } });
    expect(containerState(unset)?.restartPolicy.name).toBe('no');
  });
});

describe('its health', () => {
  const failed = { End: '2026-01-01T12:00:01Z', ExitCode: 1 };
  const passed = { End: '2026-01-01T12:00:02Z', ExitCode: 0 };
  const again = { End: '2026-01-01T12:00:03Z', ExitCode: 0 };

  it('is that of the engine, and none if it has no check', () => {
    expect(healthOf({ Status: 'starting', Log: [failed] })).toEqual(['starting', null]);
    expect(healthOf({ Status: 'unhealthy', Log: null })).toEqual(['unhealthy', null]);
    expect(healthOf({ Status: 'none' })).toEqual(['none', null]);
    expect(healthOf(null)).toEqual(['none', null]);
  });

  it('was reached with the first check that passed', () => {
    const Log = [failed, passed, again];
    expect(healthOf({ Status: 'healthy', Log })).toEqual(['healthy', passed.End]);
  });

  it('was not reached with a check of the previous run, which the engine keeps', () => {
    const Log = [passed, again];
    expect(healthOf({ Status: 'healthy', Log }, '2026-01-01T12:00:02.5Z')).toEqual([
      'healthy',
      again.End,
    ]);
    expect(healthOf({ Status: 'starting', Log }, '2026-01-01T12:00:09Z')).toEqual([
      'starting',
      null,
    ]);
  });

  it('compares times of different zones', () => {
    const local = { End: '2026-01-01T14:00:02+02:00', ExitCode: 0 };
    expect(healthOf({ Status: 'healthy', Log: [local] })).toEqual(['healthy', local.End]);
  });
});
