import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeployError } from '../../domain/errors.js';
import type { TagRule } from '../../domain/image/tag-rule.js';
import type { RegistryClient } from '../../registries/registry-client.js';
import type { TagList } from '../../registries/tag-list.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import type { DeploymentLog } from '../deployment-log.js';
import { newId } from '../new-id.js';
import type { EnvironmentsService } from '../../environments/environments.service.js';
import { PolicyService } from '../../environments/policy.service.js';
import type { InspectedService, ServiceInspector } from '../../environments/service-inspector.js';
import type { Reconcilers } from '../queue/reconcilers.js';
import { PollDeployments } from './poll-deployments.js';
import { ServicePoll } from './service-poll.js';
import { RegistryAnswers } from './registry-answers.js';

const IMAGE = 'docker.io/acme/web';
const [OLD, NEW, NEWER] = [aDigest('1'), aDigest('2'), aDigest('3')];
const EXACT: TagRule = { kind: 'exact', tag: 'latest' };
const SEMVER: TagRule = { kind: 'semver', range: '^1' };
const GLOB: TagRule = { kind: 'glob', pattern: 'release-*' };

/** What the engine shows of the service's container; null: it does not run. */
type Shown = { tag: string | null; digest: string } | { trouble: DeployError } | null;

/** A service that runs `OLD`, a registry whose tags a test moves, and a poll of them. */
async function aPoll(rule: TagRule, tags: Record<string, string>, runningTag = 'latest') {
  const storage = await anOpenStorage();
  const engine: { shows: Shown } = { shows: { tag: runningTag, digest: OLD } };
  const service = {
    environment: 'staging',
    name: 'web',
    repository: IMAGE,
    tagRule: rule,
    rollout: { strategy: 'recreate' },
  } as Service;
  const inspect = (): Promise<Partial<InspectedService>> => {
    const { shows } = engine;
    if (shows === null) return Promise.resolve({ running: null, digests: [] });
    if ('trouble' in shows) return Promise.reject(shows.trouble);
    const running = { tag: shows.tag, digest: shows.digest } as InspectedService['running'];
    return Promise.resolve({ running, digests: [shows.digest] });
  };
  const woken: string[] = [];
  const reconcilers = {
    of: (...of: string[]) => ({ wake: () => void woken.push(of.join('/')) }),
  } as unknown as Reconcilers;
  const log = { print: () => undefined } as unknown as DeploymentLog;
  const servicePoll = new ServicePoll(
    storage,
    new PolicyService(
      storage,
      {} as EnvironmentsService,
      { inspect } as unknown as ServiceInspector,
    ),
    new PollDeployments(storage, reconcilers, new DeploymentLifecycle(storage, log)),
  );
  const asked: string[] = [];
  const registry: { tags: Record<string, string> } = { tags };
  const poll = () => {
    const resolveDigest = (_repository: string, tag: string) => {
      asked.push(tag);
      const digest = registry.tags[tag];
      if (digest !== undefined) return Promise.resolve({ digest });
      return Promise.reject(new DeployError('tag-not-found', `no ${tag}`));
    };
    const tagsOf = () => {
      asked.push('the list');
      return Promise.resolve(Object.keys(registry.tags));
    };
    const answers = new RegistryAnswers(
      { resolveDigest } as unknown as RegistryClient,
      { tagsOf } as unknown as TagList,
      IMAGE,
      new AbortController().signal,
    );
    return servicePoll.poll(service, answers);
  };
  const made = async () =>
    (await storage.deployments.list({ limit: 100 }))
      .filter(({ trigger }) => trigger.kind === 'poll')
      .map(({ tag, phase }) => `${tag} ${phase}`);
  /** A deployment that was not made by the poll. */
  const was = (parts: Partial<Deployment>) =>
    storage.deployments.insert(aDeployment({ id: newId(), image: IMAGE, ...parts }));
  return { storage, engine, registry, servicePoll, poll, asked, woken, made, was };
}

const warnings: unknown[] = [];
beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(Logger.prototype, 'debug').mockReturnValue();
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((entry: unknown) => {
    warnings.push(entry);
  });
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe('a poll of an exact tag', () => {
  it('makes one deployment of a digest that no webhook reported', async () => {
    const { storage, poll, asked, woken, made } = await aPoll(EXACT, { latest: NEW });
    expect(await poll()).toBe('changed');
    expect(await poll()).toBe('same');
    expect(asked).toEqual(['latest', 'latest']);
    expect(await made()).toEqual(['latest waiting']);
    expect(woken).toEqual(['staging/web']);
    const [deployment] = await storage.deployments.active();
    expect(deployment).toMatchObject({
      image: IMAGE,
      tag: 'latest',
      digest: null,
      trigger: { kind: 'poll', by: 'staging', delivery: null },
      waitingFor: 'registry',
    });
    const lines = await storage.logs.read(deployment?.id ?? '', 0, 9);
    expect(JSON.stringify(lines)).toContain(`a poll found that ${IMAGE}:latest is ${NEW}`);
  });

  it('makes none of a digest that runs, is quarantined or was reported by a webhook', async () => {
    const same = await aPoll(EXACT, { latest: OLD });
    expect(await same.poll()).toBe('same');
    const quarantined = await aPoll(EXACT, { latest: NEW });
    await quarantined.storage.quarantine.add({
      environment: 'staging',
      service: 'web',
      digest: NEW,
      deployment: 'x',
      reason: 'exited',
      at: '2026-03-01T10:00:00.000Z',
    });
    expect(await quarantined.poll()).toBe('same');
    const hooked = await aPoll(EXACT, { latest: NEW });
    await hooked.was({ tag: 'latest' });
    expect(await hooked.poll()).toBe('same');
  });

  it('counts what is being rolled out as running, and queues a newer digest behind it', async () => {
    const { registry, poll, was, made } = await aPoll(EXACT, { latest: NEW });
    await was({ phase: 'running', digest: NEW, startedAt: '2026-03-01T10:00:00.000Z' });
    expect(await poll()).toBe('same');
    registry.tags = { latest: NEWER };
    expect(await poll()).toBe('changed');
    expect(await made()).toEqual(['latest waiting']);
  });

  it('does not retry a failed digest, and finds the next one', async () => {
    const { registry, poll, was, made } = await aPoll(EXACT, { latest: NEW });
    await was({ phase: 'failed', digest: NEW, startedAt: '2026-03-01T10:00:00.000Z' });
    expect(await poll()).toBe('same');
    registry.tags = { latest: NEWER };
    expect(await poll()).toBe('changed');
    expect(await made()).toHaveLength(1);
  });

  it('does not start a stopped container, and does not ask the registry about it', async () => {
    const { engine, poll, asked } = await aPoll(EXACT, { latest: NEW });
    engine.shows = null;
    expect(await poll()).toBe('same');
    expect(asked).toEqual([]);
  });

  it('fails if the engine or the registry does not answer', async () => {
    const { engine, poll, made } = await aPoll(EXACT, {});
    await expect(poll()).rejects.toMatchObject({ code: 'tag-not-found' });
    engine.shows = { trouble: new DeployError('engine-unavailable', 'nobody there') };
    await expect(poll()).rejects.toMatchObject({ code: 'engine-unavailable' });
    expect(await made()).toEqual([]);
  });
});

describe('a poll by semver', () => {
  it('takes the highest version above the running one, and asks for no other digest', async () => {
    const tags = { '1.0.0': OLD, '1.2.0': NEWER, '1.1.0': NEW, '2.0.0': NEW, latest: NEW };
    const { poll, asked, made } = await aPoll(SEMVER, tags, '1.0.0');
    expect(await poll()).toBe('changed');
    expect(asked).toEqual(['the list', '1.2.0']);
    expect(await made()).toEqual(['1.2.0 waiting']);
  });

  it('looks up the running tag if none is higher', async () => {
    const { registry, poll, asked, made } = await aPoll(SEMVER, { '1.0.0': OLD }, '1.0.0');
    expect(await poll()).toBe('same');
    registry.tags = { '1.0.0': NEW };
    expect(await poll()).toBe('changed');
    expect(asked).toEqual(['the list', '1.0.0', 'the list', '1.0.0']);
    expect(await made()).toEqual(['1.0.0 waiting']);
  });

  it('does not upgrade again after a person downgraded', async () => {
    const { poll, was } = await aPoll(SEMVER, { '1.0.0': OLD, '1.1.0': NEW }, '1.0.0');
    const at = '2026-03-01T10:00:00.000Z';
    const manual = { kind: 'api', by: 'anna', delivery: null } as const;
    await was({
      phase: 'succeeded',
      tag: '1.0.0',
      digest: OLD,
      previousDigest: NEW,
      trigger: manual,
      startedAt: at,
    });
    expect(await poll()).toBe('same');
  });
});

describe('a poll by a pattern', () => {
  const FIRST = { 'release-1': OLD, 'release-0': NEW, nightly: NEW };

  it('takes the one tag that was not there at the previous poll', async () => {
    const { registry, poll, asked, made } = await aPoll(GLOB, FIRST, 'release-1');
    expect(await poll()).toBe('same');
    registry.tags = { ...FIRST, 'release-2': NEWER, other: NEWER };
    expect(await poll()).toBe('changed');
    expect(await made()).toEqual(['release-2 waiting']);
    expect(await poll()).toBe('same');
    expect(asked.filter((tag) => tag === 'release-2')).toHaveLength(1);
    expect(asked).not.toContain('release-0');
  });

  it('takes none of several, says so once, and takes what comes later', async () => {
    const { registry, poll, made } = await aPoll(GLOB, FIRST, 'release-1');
    await poll();
    registry.tags = { ...registry.tags, 'release-2': NEW, 'release-3': NEWER };
    expect(await poll()).toBe('same');
    expect(await poll()).toBe('same');
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).toContain('release-2, release-3');
    registry.tags = { ...registry.tags, 'release-4': NEWER };
    expect(await poll()).toBe('changed');
    expect(await made()).toEqual(['release-4 waiting']);
  });

  it('takes none if something else was deployed meanwhile: either may be newer', async () => {
    const { registry, poll, was, made } = await aPoll(GLOB, FIRST, 'release-1');
    await poll();
    registry.tags = { ...registry.tags, 'release-2': NEW, 'release-3': NEWER };
    await was({ tag: 'release-3', digest: NEWER, phase: 'succeeded' });
    expect(await poll()).toBe('same');
    expect(JSON.stringify(warnings)).toContain('by a glob rule: release-2.');
    expect(await made()).toEqual([]);
  });

  it('is silent about new tags that webhooks reported', async () => {
    const { registry, poll, was, made } = await aPoll(GLOB, FIRST, 'release-1');
    await poll();
    registry.tags = { ...registry.tags, 'release-2': NEW };
    await was({ tag: 'release-2', digest: NEW, phase: 'superseded' });
    expect(await poll()).toBe('same');
    expect([warnings, await made()]).toEqual([[], []]);
  });

  it('retries a new tag if the registry did not return its digest', async () => {
    const { registry, poll, made } = await aPoll(GLOB, FIRST, 'release-1');
    await poll();
    registry.tags = { ...registry.tags, 'release-2': undefined as unknown as string };
    await expect(poll()).rejects.toMatchObject({ code: 'tag-not-found' });
    registry.tags = { ...registry.tags, 'release-2': NEWER };
    expect(await poll()).toBe('changed');
    expect(await made()).toEqual(['release-2 waiting']);
  });

  it('does not bring back what ran before, and limits how many tags a warning names', async () => {
    const { registry, poll, was, made } = await aPoll(GLOB, FIRST, 'release-1');
    await was({
      tag: 'old',
      digest: NEWER,
      phase: 'succeeded',
      startedAt: '2026-03-01T10:00:00.000Z',
    });
    await poll();
    registry.tags = { ...registry.tags, 'release-2': NEWER };
    expect(await poll()).toBe('same');
    const many = Array.from({ length: 30 }, (_each, index) => [`release-a${String(index)}`, NEW]);
    registry.tags = { ...registry.tags, ...(Object.fromEntries(many) as Record<string, string>) };
    expect(await poll()).toBe('same');
    expect(JSON.stringify(warnings)).toContain('release-a4 and 25 more');
    expect(await made()).toEqual([]);
  });

  it('starts again for a service that was not polled meanwhile', async () => {
    const { registry, servicePoll, poll, made } = await aPoll(GLOB, FIRST, 'release-1');
    await poll();
    servicePoll.forgetOthers([]);
    registry.tags = { ...registry.tags, 'release-2': NEW };
    expect(await poll()).toBe('same');
    expect(await made()).toEqual([]);
  });
});
