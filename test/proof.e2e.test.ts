import { describe, expect, it } from 'vitest';
import { readInContainer } from './support/container-files.js';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { Scenario } from './support/scenario.js';
import type { SceneOptions } from './support/service-setup.js';
import { tar } from './support/tar.js';

const COMPOSE: SceneOptions = {
  container: {
    Labels: {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'com.docker.compose.config-hash': 'abc',
      'com.docker.compose.image': 'sha256:old',
    },
  },
};

/** The service's container made anew, with files written into it before its first start, as compose does it. */
async function remadeWithFiles(
  scenario: Scenario<DeployInProcess>,
  files: Parameters<typeof tar>[0],
  changedAt: Date,
): Promise<void> {
  const { docker } = scenario.stage;
  const { Config: config, HostConfig: host } = await scenario.inspect();
  await docker.getContainer(scenario.container).remove({ force: true });
  const remade = await docker.createContainer({
    name: scenario.container,
    Image: scenario.image(),
    Labels: config.Labels,
    HostConfig: host,
  });
  await remade.putArchive(tar(files, changedAt), { path: '/' });
  await remade.start();
}

describe('the comparison of a deployment', () => {
  it('is shown with it, and explains each difference', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', config: { Env: ['SHARED=1'], Labels: { release: '1' } } },
      container: { Env: ['TOKEN=hunter2'], HostConfig: { Memory: 64_000_000 } },
    });
    const next = { version: 'v2', config: { Env: ['SHARED=2'], Labels: { release: '2' } } };
    const { phase, comparison, steps } = await scenario.ship(next);
    expect(phase).toBe('succeeded');
    expect(comparison?.compared).toBeGreaterThan(20);
    const differences = comparison?.differences ?? [];
    expect(differences.filter(({ reason }) => reason === null)).toEqual([]);
    expect(differences).toContainEqual({
      field: 'Config.Env.SHARED',
      before: null,
      after: null,
      reason: 'the image’s default, which the new image changes',
    });
    const names = steps.map(({ name }) => name);
    expect(names.indexOf('compare')).toBeLessThan(names.indexOf('stop-old'));
    expect(JSON.stringify(comparison)).not.toContain('hunter2');
  });

  it.each(['start-first', 'handover'])('is made in %s too', async (strategy) => {
    const scenario = await Scenario.startInProcess({
      service: ['tag: latest', `rollout: { strategy: ${strategy}, watch: 0s, overlap: allowed }`],
      ...(strategy === 'handover' ? {} : { container: { HostConfig: { PortBindings: {} } } }),
    });
    const { phase, comparison } = await scenario.ship({ version: 'v2' });
    expect(phase).toBe('succeeded');
    const reasons = comparison?.differences.map(({ field, reason }) => [field, reason]);
    expect(reasons).not.toContainEqual([expect.anything(), null]);
  });
});

describe('files that compose wrote into its container', () => {
  it('are carried over, again and again, and a program’s own files are not', async () => {
    const scenario = await Scenario.startInProcess(COMPOSE);
    await remadeWithFiles(
      scenario,
      [
        { path: 'run/secrets/token', content: 'hunter2', mode: 0o400 },
        { path: 'settings.conf', content: 'mode = strict', mode: 0o444 },
      ],
      new Date(),
    );
    const { docker } = scenario.stage;
    const own = await docker.getContainer(scenario.container).exec({
      Cmd: ['/bin/busybox', 'sh', '-c', 'echo 1 > /written-by-the-program'],
    });
    await own.start({});

    for (const version of ['v2', 'v3']) {
      const deployment = await scenario.ship({ version });
      expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
      expect(deployment.steps.map(({ name }) => name)).toContain('carry-files');
      expect(await readInContainer(scenario, '/run/secrets/token')).toBe('hunter2');
      expect(await readInContainer(scenario, '/settings.conf')).toBe('mode = strict');
      await expect(readInContainer(scenario, '/written-by-the-program')).rejects.toThrow(/404/);
    }
    const { Config: config, Image: image } = await scenario.inspect();
    expect(config.Labels).toMatchObject({
      'deploy.files': '["/run/secrets/token","/settings.conf"]',
      'com.docker.compose.config-hash': 'abc',
      'com.docker.compose.image': image,
    });
  });
});
