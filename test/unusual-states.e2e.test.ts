import { describe, expect, it } from 'vitest';
import type { DeployInProcess } from './support/deploy-in-process.js';
import { Scenario } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

/** The first version exits again and again, and its engine restarts it. */
async function crashLooping(): Promise<Scenario<DeployInProcess>> {
  const scenario = await Scenario.startInProcess({ app: { version: 'v1', exitsAtOnce: 1 } });
  await waitFor(
    'it to be restarted',
    () => scenario.inspect(),
    ({ RestartCount }) => RestartCount > 1,
  );
  return scenario;
}

describe('a container that exits and is restarted again and again', () => {
  it('is replaced by a version that does not', async () => {
    const scenario = await crashLooping();
    const { phase, error } = await scenario.ship({ version: 'v2' });
    expect({ phase, error }).toEqual({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toEqual({
      serves: 'v2',
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });
  });

  it('comes back under its name where the new version fails too, and nothing is said to serve', async () => {
    const scenario = await crashLooping();
    const { phase, error } = await scenario.ship({ version: 'bad', exitsAtOnce: 2 });
    expect(phase).toBe('failed');
    expect(error).toMatchObject({ code: 'exited', serving: 'none' });
    expect((await scenario.inspect()).Name).toBe(`/${scenario.container}`);
  });
});
