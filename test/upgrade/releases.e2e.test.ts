import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeployProcess } from '../support/deploy-process.js';
import { freePort } from '../support/network-namespace.js';
import { rigFolder } from '../support/rig-environment.js';
import type { ShownDeployment } from '../support/scenario.js';
import { removeContainers, type Stage } from '../support/service-setup.js';
import { sharedRig } from '../support/shared-rig.js';
import { waitFor } from '../support/wait-for.js';
import { allFixtures, type Fixture } from './fixture.js';
import { configurationFor, patchDatabase, remake, replaced, type Replacements } from './remade.js';

const CLOCK_SHIFT = fileURLToPath(new URL('../support/clock-shift.js', import.meta.url));
/** The server is started so long after it was killed, by its clock. */
const AWAY_MS = 60_000;
const SERVICE = 'fixture-api';
/** From `stop-old` to `take-name` by the server of before, the rest by the present one. */
const STEPS = [
  'pull',
  'create',
  'compare',
  'stop-old',
  'retire-old',
  'take-name',
  'start-new',
  'disarm-old',
  'verify-new',
  'remove-old',
];

interface Taken {
  readonly deploy: DeployProcess;
  readonly replacements: Replacements;
  /** Of the service of the half-done rollout. */
  readonly url: string;
}

/** The present server, not started yet, over the files that a release left. */
async function takeOver(fixture: Fixture, stage: Stage): Promise<Taken> {
  onTestFinished(() => removeContainers(stage.docker, SERVICE));
  const port = await freePort();
  const replacements = await remake(fixture, stage, port);
  const configuration = await readFile(fixture.configuration, 'utf8');
  const deploy = await DeployProcess.prepare({
    configuration: configurationFor(configuration, stage),
    adminToken: fixture.firstToken,
    environment: { DEPLOY_ADMIN_TOKEN: undefined, CLOCK_SHIFT_FILE: await clockOf(fixture) },
    nodeArguments: ['--import', CLOCK_SHIFT],
  });
  onTestFinished(() => deploy.remove());
  const database = join(deploy.folder, 'data', 'deploy.db');
  await mkdir(join(deploy.folder, 'data'));
  await copyFile(fixture.database, database);
  await patchDatabase(database, replacements);
  return { deploy, replacements, url: `http://127.0.0.1:${String(port)}/` };
}

/** Else what waits would be too late by now, and go or expire. */
async function clockOf({ killedAt }: Fixture): Promise<string> {
  const file = join(await mkdtemp(join(rigFolder(), 'clock-')), 'shift');
  await writeFile(file, String(Date.parse(killedAt) + AWAY_MS - Date.now()));
  return file;
}

describe.each(allFixtures())('what $release left', (fixture) => {
  it('is told as it was, and the rollout in which it was killed is finished', async () => {
    const { deploy, replacements, url } = await takeOver(fixture, sharedRig());
    await deploy.start();
    const ask = async (path: string): Promise<object> => {
      const answer = await deploy.api(path);
      expect(answer.status, path).toBe(200);
      return (await answer.json()) as object;
    };

    const { deployment: id } = fixture.halfDone;
    const ended = await waitFor(
      'the half-done rollout to end',
      async () => (await ask(`/deployments/${id}`)) as ShownDeployment,
      ({ finishedAt }) => finishedAt !== null,
      { within: 60_000 },
    );
    expect(ended).toMatchObject({ phase: 'succeeded', error: null });
    expect(ended.steps.map(({ name }) => name)).toEqual(STEPS);
    expect(await served(url)).toBe('v3');
    expect(await containers()).toEqual([`/${SERVICE}`]);

    for (const [path, recorded] of Object.entries(fixture.answers)) {
      const before = JSON.parse(replaced(JSON.stringify(recorded), replacements)) as object;
      // What waits is looked up anew at the start, and then waits on.
      await waitFor(path, async () => {
        expect(told(await ask(path), before)).toMatchObject(before);
        return true;
      });
    }
    const all = (await ask('/deployments?limit=200')) as List;
    expect(all.items).toHaveLength(fixture.rows['deployments'] ?? 0);
  });
});

interface List {
  readonly items: readonly unknown[];
}

/** Of a list (a log) that has grown meanwhile, what was in it before. */
function told(now: object, before: object): object {
  if (!('items' in now) || !('items' in before)) return now;
  const { items } = now as List;
  return { ...now, items: items.slice(0, (before as List).items.length) };
}

async function served(url: string): Promise<string> {
  return (await (await fetch(url, { headers: { connection: 'close' } })).text()).trim();
}

async function containers(): Promise<string[]> {
  const filters = { name: [`^/${SERVICE}(\\..*)?$`] };
  const list = await sharedRig().docker.listContainers({ all: true, filters });
  return list.flatMap(({ Names }) => Names);
}
