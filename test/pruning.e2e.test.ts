import { describe, expect, it, onTestFinished } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { containerBody, removeContainers } from './support/service-setup.js';
import { Scenario } from './support/scenario.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';
import { freePort } from './support/network-namespace.js';
import { pull } from './support/pull.js';
import { aSampleApp, type SampleApp } from './support/sample-app.js';
import { waitFor } from './support/wait-for.js';

type InProcess = Scenario<DeployInProcess>;

/** Some bytes of its own: the same image in the repository of another test would have more names. */
const app = (version: string): SampleApp => ({ version, extraBytes: 16 });
const QUICKLY = 'health: { stableFor: 300ms }';
const DAY_MS = 86_400_000;
/** As if hours were half seconds. */
const OFTEN = { firstAfterMs: 500, everyMs: 500, pauseMs: 1, tidyAfterMs: 10 } as const;

/** Digests of the repository's images that are on the engine, sorted, with their tags. */
async function images(scenario: InProcess): Promise<Record<string, string[]>> {
  const repository = scenario.image('').slice(0, -1);
  const list = await scenario.stage.docker.listImages({ digests: true });
  const entries = list.flatMap(({ RepoDigests, RepoTags }) =>
    (RepoDigests ?? [])
      .filter((name) => name.startsWith(`${repository}@`))
      .map((name): [string, string[]] => [
        name.slice(repository.length + 1),
        (RepoTags ?? []).filter((tag) => !tag.includes('<none>')).sort(),
      ]),
  );
  return Object.fromEntries(entries);
}

const untilImages = (scenario: InProcess, digests: readonly (string | null)[]) =>
  waitFor(
    'old images to be removed',
    async () => Object.keys(await images(scenario)).sort(),
    (left) => left.join() === [...digests].sort().join(),
    { within: 15_000 },
  );

describe('images of replaced versions', () => {
  it('go when a newer one has succeeded; what is used, tagged or kept stays', async () => {
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: ['tag: latest', `rollout: { keepImages: 1, ${QUICKLY} }`],
      pruning: OFTEN,
    });
    const { docker } = scenario.stage;
    const repository = scenario.image('').slice(0, -1);
    const first = await docker.getImage(`${repository}@${scenario.firstDigest}`).inspect();
    await docker.getImage(first.Id).tag({ repo: repository, tag: 'mine' });
    const second = await scenario.ship(app('v2'));
    const stopped = `${scenario.container}.stopped`;
    await docker.createContainer({ name: stopped, Image: `${repository}@${second.digest ?? ''}` });
    const third = await scenario.ship(app('v3'));
    const bad = await scenario.ship({ ...app('bad'), exitsAtOnce: 1 });
    expect(bad.phase).toBe('rolled-back');
    expect(Object.keys(await images(scenario))).toContain(bad.digest);
    const fourth = await scenario.ship(app('v4'));
    const fifth = await scenario.ship(app('v5'));
    expect([second, third, fourth, fifth].map(({ phase }) => phase)).toEqual(
      Array(4).fill('succeeded'),
    );

    const kept = [scenario.firstDigest, second.digest, fourth.digest, fifth.digest];
    await untilImages(scenario, kept);
    expect((await images(scenario))[scenario.firstDigest]).toEqual([scenario.image('mine')]);

    await docker.getContainer(stopped).remove();
    await untilImages(scenario, [scenario.firstDigest, fourth.digest, fifth.digest]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v5', names: [scenario.container] });
    // The way back needs no registry.
    const back = await scenario.ended((await scenario.rollBack()).id);
    expect(back).toMatchObject({ phase: 'succeeded', digest: fourth.digest });
    expect(scenario.deploy.log).not.toContain('cannot remove');
  });

  it('go with the tag that their rollout made, and not with one of their user', async () => {
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      tag: '1.0.0',
      service: ["tag: { semver: '^1' }", `rollout: { keepImages: 0, ${QUICKLY} }`],
      pruning: OFTEN,
    });
    await scenario.ship(app('v2'), '1.1.0');
    const third = await scenario.ship(app('v3'), '1.2.0');
    expect(third.phase).toBe('succeeded');
    await untilImages(scenario, [scenario.firstDigest, third.digest]);
    expect(await images(scenario)).toEqual({
      [scenario.firstDigest]: [scenario.image('1.0.0')],
      [third.digest ?? '']: [scenario.image('1.2.0')],
    });
  });

  it('are never taken from a rollout of another service', async () => {
    const { registry, registryHost, docker } = sharedRig();
    const repository = `acme/${uniqueName('both')}`;
    const image = `${registryHost}/${repository}`;
    const other = uniqueName('other');
    const digests: string[] = [];
    for (const version of ['v1', 'v2', 'v3']) {
      digests.push(await registry.push(repository, 'latest', aSampleApp(app(version))));
    }
    const quickly = 'rollout: { keepImages: 0, health: { stableFor: 0s } }';
    const scenario = await Scenario.startInProcess({
      repository,
      service: ['tag: latest', quickly],
      furtherServices: [
        `other: { container: ${other}, image: "${image}", tag: latest, ${quickly} }`,
      ],
      pruning: { ...OFTEN, firstAfterMs: 20, everyMs: 20, tidyAfterMs: 0 },
    });
    await pull(docker, `${image}:latest`);
    onTestFinished(() => removeContainers(docker, other));
    const made = await docker.createContainer(
      containerBody(other, `${image}:latest`, await freePort()),
    );
    await made.start();

    // Each wants the image that nobody has needed since the one before has ended: it may just be on its way out.
    const ends: unknown[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const service = turn % 2 === 0 ? 'web' : 'other';
      const answer = await scenario.deploy
        .call('post', `/environments/staging/services/${service}/deployments`)
        .send({ digest: digests[turn % digests.length], force: true })
        .expect(202);
      const { phase, error } = await scenario.ended((answer.body as Deployment).id);
      ends.push([phase, error]);
    }
    expect(ends).toEqual(Array(4).fill(['succeeded', null]));
    await waitFor(
      'an image to be removed',
      () => Promise.resolve(scenario.deploy.log),
      (log) => log.includes('removed the old image'),
    );
  });
});

describe('retention', () => {
  it('lets history go as time goes by, but for the last deployments of each service', async () => {
    const clock = { aheadMs: 0 };
    const scenario = await Scenario.startInProcess({
      app: app('v1'),
      service: ['tag: latest', `rollout: { ${QUICKLY} }`],
      configuration: ['retention: 30d'],
      pruning: { ...OFTEN, now: () => Date.now() + clock.aheadMs },
    });
    const idle = await scenario.ended(await scenario.hookedDeployment());
    const shipped = await scenario.ship(app('v2'));
    for (let count = 0; count < 25; count++) {
      const skipped = await scenario.ended((await scenario.deployByHand()).id);
      expect(skipped.phase).toBe('skipped');
    }
    const list = async (what: string): Promise<{ id: string }[]> => {
      const answer = await scenario.deploy.call('get', `/${what}?limit=200`).expect(200);
      return (answer.body as { items: { id: string }[] }).items;
    };
    const statusOf = async (path: string): Promise<number> =>
      (await scenario.deploy.call('get', path)).status;
    clock.aheadMs = 29 * DAY_MS;
    const before = await list('deployments');
    expect(before).toHaveLength(27);

    clock.aheadMs = 31 * DAY_MS;
    const left = await waitFor(
      'old deployments to go',
      () => list('deployments'),
      (items) => items.length < 27,
    );
    // The last 20, and the one that succeeded.
    expect(left.map(({ id }) => id)).toEqual([
      ...before.slice(0, 20).map(({ id }) => id),
      shipped.id,
    ]);
    const deliveries = await waitFor(
      'old deliveries to go',
      () => list('deliveries'),
      (items) => items.length < 2,
    );
    expect(deliveries.map(({ id }) => id)).toEqual([shipped.trigger.delivery]);
    expect(await statusOf(`/deployments/${idle.id}`)).toBe(404);
    expect(await statusOf(`/deliveries/${idle.trigger.delivery ?? ''}`)).toBe(404);
    expect((await scenario.deployment(shipped.id)).steps.length).toBeGreaterThan(5);

    const back = await scenario.ended((await scenario.rollBack()).id);
    expect(back).toMatchObject({ phase: 'succeeded', digest: scenario.firstDigest });
  });
});
