import { Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { waitFor } from '../../../test/support/wait-for.js';
import type {
  ConfigurationListener,
  ConfigurationService,
} from '../../config/configuration.service.js';
import type { Service } from '../../domain/settings/environment.js';
import type { Configuration } from '../../domain/settings/configuration.js';
import { DeployError } from '../../domain/errors.js';
import type { RegistryClient } from '../../registries/registry-client.js';
import type { TagList } from '../../registries/tag-list.js';
import type { ServicePoll } from './service-poll.js';
import { PollSchedule } from './poll-schedule.js';
import { PollCounters } from './poll-counters.js';
import { Poller } from './poller.js';
import { RegistryAsker, type RegistryAnswers } from './registry-answers.js';

/** A service `staging/<name>` that is polled every `pollMs` milliseconds. */
function aService(name: string, pollMs: number | null, repository = 'docker.io/acme/web'): Service {
  return {
    environment: 'staging',
    name,
    repository,
    tagRule: { kind: 'exact', tag: 'latest' },
    policy: { pollMs, promoteFrom: null },
  } as Service;
}

class FakeConfiguration {
  readonly #listeners = new Set<ConfigurationListener>();

  constructor(private services: readonly Service[]) {}

  current(): Configuration {
    return { environments: [{ services: this.services }] } as unknown as Configuration;
  }

  onChange(listener: ConfigurationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(services: readonly Service[]): void {
    const previous = this.current();
    this.services = services;
    for (const listener of this.#listeners) listener(this.current(), previous);
  }
}

/** A registry that answers after `takesMs`, and a poller that asks it for `latest`. */
function aPoller(services: readonly Service[], takesMs = 0) {
  const configuration = new FakeConfiguration(services);
  const counters = new PollCounters();
  const calls = { asked: [] as string[], polled: [] as string[], atOnce: 0, mostAtOnce: 0 };
  const trouble: { of: Error | null; hang: boolean } = { of: null, hang: false };
  const resolveDigest = async (repository: string, _tag: string, signal: AbortSignal) => {
    calls.asked.push(repository);
    calls.atOnce += 1;
    calls.mostAtOnce = Math.max(calls.mostAtOnce, calls.atOnce);
    try {
      await pause(trouble.hang ? 60_000 : takesMs, undefined, { signal });
    } finally {
      calls.atOnce -= 1;
    }
    if (trouble.of !== null) throw trouble.of;
    return { digest: 'sha256:x' };
  };
  const servicePoll = {
    async poll(service: Service, answers: RegistryAnswers) {
      calls.polled.push(service.name);
      await answers.digestOf('latest');
      return 'same' as const;
    },
    forgetOthers: vi.fn(),
  };
  const poller = new Poller(
    configuration as unknown as ConfigurationService,
    new RegistryAsker({ resolveDigest } as unknown as RegistryClient, {} as TagList),
    servicePoll as unknown as ServicePoll,
    Object.assign(new PollSchedule(), { firstAfterMs: 1, firstWithinMs: 5 }),
    counters,
  );
  onTestFinished(() => poller.beforeApplicationShutdown());
  const polled = (count: number) =>
    waitFor(
      `${String(count)} polls`,
      () => Promise.resolve(calls.polled.length),
      (done) => done >= count,
      { within: 8_000 },
    );
  return { poller, configuration, counters, calls, trouble, servicePoll, polled };
}

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation((entry: unknown) => {
      lines.push(`${level} ${typeof entry === 'string' ? entry : (entry as { msg: string }).msg}`);
    });
  }
});
// Not after each: a poller may log until its test has finished.
afterAll(() => {
  vi.restoreAllMocks();
});

describe('polls', () => {
  it('start soon after the server and repeat', async () => {
    const { poller, counters, polled } = aPoller([aService('web', 20)]);
    poller.onApplicationBootstrap();
    await polled(3);
    await poller.beforeApplicationShutdown();
    expect(counters.polls.same).toBeGreaterThanOrEqual(2);
    expect(counters.polls).toMatchObject({ changed: 0, failed: 0 });
    expect(lines).toEqual([]);
  });

  it('ask the registry once for all services of one repository', async () => {
    const services = ['a', 'b', 'c'].map((name) => aService(name, 30));
    const { poller, calls, polled } = aPoller(services);
    poller.onApplicationBootstrap();
    await polled(9);
    expect(calls.asked.length).toBeLessThanOrEqual(calls.polled.length / 3 + 1);
  });

  it('make one request at a time to a host, and ask two hosts in parallel', async () => {
    const repositories = ['docker.io/acme/a', 'docker.io/acme/b', 'docker.io/acme/c'];
    const services = repositories.map((repository, index) =>
      aService(String(index), 10, repository),
    );
    const one = aPoller(services, 20);
    one.poller.onApplicationBootstrap();
    await one.polled(9);
    expect(one.calls.mostAtOnce).toBe(1);
    expect(new Set(one.calls.asked)).toEqual(new Set(repositories));
    const two = aPoller([...services, aService('d', 10, 'ghcr.io/acme/a')], 20);
    two.poller.onApplicationBootstrap();
    await two.polled(9);
    expect(two.calls.mostAtOnce).toBe(2);
  });

  it('leave out services without an interval and services that receive promotions', async () => {
    const promoted = aService('promoted', 10);
    const { poller, calls, polled } = aPoller([
      aService('quiet', null),
      {
        ...promoted,
        policy: { ...promoted.policy, promoteFrom: { environment: 'a', service: 'b', afterMs: 0 } },
      },
      aService('web', 10),
    ]);
    poller.onApplicationBootstrap();
    await polled(5);
    expect(new Set(calls.polled)).toEqual(new Set(['web']));
  });

  it('follow the configuration', async () => {
    const { poller, configuration, calls, servicePoll, polled } = aPoller([
      aService('web', 3_600_000),
    ]);
    poller.onApplicationBootstrap();
    await polled(1);
    configuration.change([aService('web', 10)]);
    await polled(4);
    configuration.change([]);
    await pause(50);
    const before = calls.polled.length;
    await pause(60);
    expect(calls.polled).toHaveLength(before);
    configuration.change([aService('api', 10)]);
    await polled(before + 2);
    expect(calls.polled.at(-1)).toBe('api');
    expect(servicePoll.forgetOthers).toHaveBeenCalledTimes(3);
  });

  it('stop with the server at once, whatever the registry does', async () => {
    const { poller, calls, trouble, counters, polled } = aPoller([aService('web', 10)]);
    trouble.hang = true;
    poller.onApplicationBootstrap();
    await polled(1);
    const begin = performance.now();
    await poller.beforeApplicationShutdown();
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(calls.polled).toHaveLength(1);
    expect(counters.polls).toEqual({ changed: 0, same: 0, failed: 0 });
    expect(lines).toEqual([]);
  });
});

describe('trouble with polls', () => {
  it('is logged when it begins and when it ends, in one line for all services that it affects', async () => {
    const { poller, counters, trouble, polled } = aPoller([aService('a', 15), aService('b', 15)]);
    trouble.of = new DeployError('registry-unavailable', 'docker.io answered with status 503');
    poller.onApplicationBootstrap();
    await polled(8);
    trouble.of = null;
    await waitFor(
      'the end of the trouble',
      () => Promise.resolve(lines.length),
      (count) => count >= 2,
    );
    await polled(20);
    expect(lines).toEqual([
      'warn cannot poll docker.io/acme/web for staging/a, staging/b, will retry at each poll: docker.io answered with status 503',
      'log polling docker.io/acme/web works again for staging/a, staging/b',
    ]);
    expect(counters.polls.failed).toBeGreaterThanOrEqual(6);
  });

  it('that is a bug in Deploy is logged as an error, and stops no poll', async () => {
    const { poller, trouble, polled } = aPoller([aService('web', 15)]);
    trouble.of = new Error('a mistake');
    poller.onApplicationBootstrap();
    await polled(3);
    expect(lines).toEqual([expect.stringMatching(/^error cannot poll .* a mistake$/)]);
  });

  it('leaves the host alone for as long as it asks', async () => {
    const { poller, calls, trouble, polled } = aPoller([
      aService('a', 10),
      aService('b', 10, 'docker.io/acme/other'),
    ]);
    trouble.of = new DeployError('registry-unavailable', 'too many', { retryAfterMs: 300 });
    poller.onApplicationBootstrap();
    await polled(1);
    await pause(150);
    expect(calls.asked).toHaveLength(1);
    await polled(2);
  });
});
