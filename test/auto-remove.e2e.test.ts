import { describe, expect, it } from 'vitest';
import { readInContainer, writeInContainer } from './support/container-files.js';
import { Scenario } from './support/scenario.js';
import type { SceneOptions } from './support/service-setup.js';

/** As `docker run --rm`, with an anonymous volume of the image. */
const V1 = { version: 'v1', check: 'healthy', config: { Volumes: { '/data': {} } } } as const;
const RUN_WITH_RM: SceneOptions = {
  app: V1,
  container: {
    Env: ['APP_MODE=strict'],
    HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'no' } },
  },
};

describe('a container that was run with --rm', () => {
  it('is replaced by one that is, with its settings and data', async () => {
    const scenario = await Scenario.startInProcess(RUN_WITH_RM);
    await writeInContainer(scenario, '/data/orders', '42 orders');
    const deployment = await scenario.ship({ ...V1, version: 'v2' });
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toEqual({
      serves: 'v2',
      names: [scenario.container],
      restart: 'no',
      quarantined: [],
    });
    const after = await scenario.inspect();
    expect(after.HostConfig.AutoRemove).toBe(true);
    expect(after.Config.Env).toContain('APP_MODE=strict');
    expect(await readInContainer(scenario, '/data/orders')).toBe('42 orders');
  });

  it.each([
    ['exits', { version: 'bad', exitsAtOnce: 1 }, 'exited'],
    ['turns unhealthy', { version: 'bad', check: 'unhealthy' }, 'unhealthy'],
    [
      'cannot be executed',
      { version: 'bad', config: { Entrypoint: ['/app/nothing'] } },
      'not-executable',
    ],
  ] as const)(
    'is there again, with its settings and data, where the new one %s',
    async (_, app, code) => {
      const scenario = await Scenario.startInProcess(RUN_WITH_RM);
      const before = await scenario.inspect();
      await writeInContainer(scenario, '/data/orders', '42 orders');
      const deployment = await scenario.ship(app);
      expect(deployment).toMatchObject({ phase: 'rolled-back', error: { code, serving: 'old' } });
      expect(await scenario.remains()).toEqual({
        serves: 'v1',
        names: [scenario.container],
        restart: 'no',
        quarantined: [deployment.digest],
      });
      const after = await scenario.inspect();
      expect(after.Image).toBe(before.Image);
      expect(after.Config.Image).toBe(before.Config.Image);
      expect(after.Config.Env).toEqual(before.Config.Env);
      expect(after.HostConfig).toMatchObject({ AutoRemove: true });
      expect(after.HostConfig.PortBindings).toEqual(before.HostConfig.PortBindings);
      expect(await readInContainer(scenario, '/data/orders')).toBe('42 orders');
      expect(await scenario.service()).toMatchObject({
        state: 'ok',
        running: { digest: scenario.firstDigest },
      });

      const next = await scenario.ship({ ...V1, version: 'v3' });
      expect(next).toMatchObject({ phase: 'succeeded', previousDigest: scenario.firstDigest });
      expect(await readInContainer(scenario, '/data/orders')).toBe('42 orders');
      expect(await scenario.names()).toEqual([scenario.container]);
    },
  );
});
