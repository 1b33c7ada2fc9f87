/**
 * Makes the fixture of the release at hand, in a folder named by its version:
 *
 *     npx tsx test/support/sandboxed-command.ts node --import tsx test/upgrade/record.ts
 *
 * See test/fixtures/README.md.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildIfNeeded } from '../../scripts/build-if-needed.js';
import { openSqlite } from '../../src/storage/sqlite/sqlite.js';
import { DeployProcess } from '../support/deploy-process.js';
import { EngineRig } from '../support/engine-rig.js';
import { RegistryRig } from '../support/registry-rig.js';
import { rigFolder } from '../support/rig-environment.js';
import {
  FIXTURES,
  RECORDED_ENGINE,
  RECORDED_REGISTRY,
  type Recorded,
  type RecordedContainer,
} from './fixture.js';
import { recordedConfiguration, SERVICES } from './recorded-configuration.js';
import { RecordedPlay } from './recorded-play.js';

const run = promisify(execFile);
const SWITCH = fileURLToPath(new URL('../support/kill-switch.js', import.meta.url));
/** `take-name` is done and nobody has heard of it: the old container is stopped, the new one was never started. */
const POSITION = 'after POST /containers/:id/rename #2';

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
const folder = join(FIXTURES, version);
if (existsSync(folder)) throw new Error(`${folder} is there: what a release left is never changed`);
await buildIfNeeded(console.log);
const registry = await RegistryRig.start({ port: Number(RECORDED_REGISTRY.split(':')[1]) });
const engine = await EngineRig.start();
const switchFolder = await mkdtemp(join(rigFolder(), 'switch-'));
const play = { positions: { api: POSITION } };
await writeFile(join(switchFolder, 'plan.json'), JSON.stringify(play));

const configuration = recordedConfiguration({ hasTokens: true });
const here = (text: string): string => text.replace(RECORDED_ENGINE, engine.host);
const firstToken = await firstStart();
await record();
await registry.remove();
await engine.remove();
await run('npx', ['prettier', '--write', folder]);

/** Makes the token of an installation without any, and what else a first start makes. */
async function firstStart(): Promise<string> {
  const deploy = await DeployProcess.prepare(
    withoutAdmin(recordedConfiguration({ hasTokens: false })),
  );
  await deploy.start();
  const token = /^ {2}(\S{20,})$/m.exec(deploy.stdout)?.[1] ?? '';
  await deploy.stop();
  await run('cp', ['--recursive', join(deploy.folder, 'data'), join(rigFolder(), 'data')]);
  await deploy.remove();
  return token;
}

async function record(): Promise<void> {
  const deploy = await DeployProcess.prepare({
    ...withoutAdmin(configuration),
    adminToken: firstToken,
    nodeArguments: ['--import', SWITCH],
  });
  await rm(join(deploy.folder, 'data'), { recursive: true, force: true });
  await run('mv', [join(rigFolder(), 'data'), deploy.folder]);
  const recordedPlay = new RecordedPlay(engine.docker, registry.client, deploy);
  await recordedPlay.bringUp();
  await deploy.start();
  await recordedPlay.history();
  const answers = await answersOf(deploy);
  await recordedPlay.beginHalfDone();
  const hit = await readFile(join(switchFolder, 'hit.jsonl'), 'utf8');
  if (hit !== `${JSON.stringify(POSITION)}\n`) throw new Error(`killed elsewhere: ${hit}`);
  const killedAt = new Date().toISOString();

  const database = join(folder, 'deploy.db');
  await mkdir(folder, { recursive: true });
  const copied = await deploy.command('backup', database);
  if (copied.code !== 0) throw new Error(copied.stderr);
  const { container } = SERVICES.api;
  const recorded: Recorded = {
    killedAt,
    firstToken,
    images: recordedPlay.images,
    halfDone: {
      deployment: await runningDeployment(database),
      containers: [await shown(`${container}.deploy-old`), await shown(container)],
    },
    answers,
    rows: await rowsOf(database),
  };
  await writeFile(join(folder, 'deploy.yaml'), configuration);
  await writeFile(join(folder, 'fixture.json'), JSON.stringify(recorded));
  await deploy.remove();
}

function withoutAdmin(text: string) {
  const environment = { DEPLOY_ADMIN_TOKEN: undefined, KILL_SWITCH_FOLDER: switchFolder };
  return { configuration: here(text), environment };
}

/** What the server says of everything that it will not do more about by itself. */
async function answersOf(deploy: DeployProcess): Promise<Recorded['answers']> {
  const answers: Record<string, Record<string, unknown>> = {};
  const ask = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await deploy.api(path);
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const idsOf = async (path: string): Promise<string[]> =>
    ((await ask(path))['items'] as { id: string }[]).map(({ id }) => id);
  for (const id of await idsOf('/deployments?limit=200')) {
    // The reason of one that waits tells how long it still does.
    const { reason, ...deployment } = await ask(`/deployments/${id}`);
    const isDone = deployment['finishedAt'] !== null;
    answers[`/deployments/${id}`] = isDone ? { ...deployment, reason } : deployment;
    answers[`/deployments/${id}/log`] = await ask(`/deployments/${id}/log`);
  }
  for (const id of await idsOf('/deliveries?limit=200')) {
    answers[`/deliveries/${id}`] = await ask(`/deliveries/${id}`);
  }
  for (const path of ['/audit', '/environments/staging/services/web/quarantine']) {
    answers[path] = await ask(path);
  }
  const { frozen } = await ask('/environments/demo');
  answers['/environments/demo'] = { frozen };
  return answers;
}

async function shown(name: string): Promise<RecordedContainer> {
  const { Id, Image, Config, HostConfig, State } = await engine.docker.getContainer(name).inspect();
  return {
    id: Id,
    name,
    image: Config.Image,
    imageId: Image,
    labels: Config.Labels,
    restartPolicy: HostConfig.RestartPolicy?.Name ?? '',
    startedAt: State.StartedAt.startsWith('0001') ? null : State.StartedAt,
  };
}

async function runningDeployment(database: string): Promise<string> {
  const handle = await openSqlite(database, { readOnly: true, timeoutMs: 0 });
  const rows = handle.prepare("select id from deployments where phase = 'running'").all();
  handle.close();
  if (rows.length !== 1) throw new Error(`${String(rows.length)} rollouts are half-done`);
  return String(rows[0]?.['id']);
}

async function rowsOf(database: string): Promise<Record<string, number>> {
  const handle = await openSqlite(database, { readOnly: true, timeoutMs: 0 });
  const tables = handle
    .prepare(
      "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by name",
    )
    .all()
    .map(({ name }) => String(name));
  const rows = tables.map((table) => {
    const [count] = handle.prepare(`select count(*) as rows from ${table}`).all();
    return [table, Number(count?.['rows'])] as const;
  });
  handle.close();
  return Object.fromEntries(rows);
}
