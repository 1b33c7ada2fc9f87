import type Docker from 'dockerode';
import { openSqlite, type SqliteHandle } from '../../src/storage/sqlite/sqlite.js';
import { pull } from '../support/pull.js';
import { aSampleApp } from '../support/sample-app.js';
import { containerBody, type Stage } from '../support/service-setup.js';
import {
  RECORDED_ENGINE,
  RECORDED_REGISTRY,
  type Fixture,
  type RecordedContainer,
} from './fixture.js';

/** What stood in a fixture, and what stands there now. */
export type Replacements = ReadonlyMap<string, string>;

/**
 * Makes what a fixture's server had around it again: its images in the stage's registry, and the two containers of its
 * half-done rollout on the stage's engine, with their names, labels and states.
 *
 * An engine gives every container an id of its own, and a registry has an address of its own, so these are not what
 * the fixture says. What is returned tells them apart: the registry's address, ids and start times of the containers,
 * and, where another compressor or busybox makes other images, digests and image ids.
 * @param port Where the service of the half-done rollout is published, on loopback.
 */
export async function remake(fixture: Fixture, stage: Stage, port: number): Promise<Replacements> {
  const replacements = new Map([[RECORDED_REGISTRY, stage.registryHost]]);
  for (const { repository, tag, app, digest, imageId } of fixture.images) {
    const image = aSampleApp(app);
    await stage.registry.push(repository, tag, image);
    replacements.set(digest, image.digest).set(imageId, image.imageId);
  }
  // The old one first: a label of the new one tells its id.
  for (const recorded of fixture.halfDone.containers) {
    const created = await createAgain(recorded, fixture, stage, port, replacements);
    replacements.set(recorded.id, created.id);
    if (recorded.startedAt === null) continue;
    await created.start();
    await created.stop();
    replacements.set(recorded.startedAt, (await created.inspect()).State.StartedAt);
  }
  return replacements;
}

async function createAgain(
  recorded: RecordedContainer,
  { images }: Fixture,
  { docker, login }: Stage,
  port: number,
  replacements: Replacements,
): Promise<Docker.Container> {
  const { name, labels, restartPolicy } = recorded;
  const image = replaced(recorded.image, replacements);
  const repository = image.slice(0, image.lastIndexOf(':'));
  const digest = images.find((each) => each.imageId === recorded.imageId)?.digest ?? '';
  const reference = `${repository}@${replaced(digest, replacements)}`;
  await pull(docker, reference, login);
  // As each was created when the local tag pointed to its image.
  await docker.getImage(reference).tag({ repo: repository, tag: 'latest' });
  return docker.createContainer(
    containerBody(name, image, port, {
      Labels: JSON.parse(replaced(JSON.stringify(labels), replacements)) as Record<string, string>,
      HostConfig: { RestartPolicy: { Name: restartPolicy } },
    }),
  );
}

/** The text with everything in it replaced; so JSON stays JSON. */
export function replaced(text: string, replacements: Replacements): string {
  return [...replacements].reduce((done, [before, after]) => done.replaceAll(before, after), text);
}

/** The fixture's configuration with the addresses of the stage, and nothing else changed. */
export function configurationFor(text: string, { engineHost, registryHost }: Stage): string {
  return text.replaceAll(RECORDED_ENGINE, engineHost).replaceAll(RECORDED_REGISTRY, registryHost);
}

/**
 * Writes into a copy of a fixture's database, in every text of every table, what stands there now instead of what
 * stood there. Nothing else of it is changed.
 */
export async function patchDatabase(file: string, replacements: Replacements): Promise<void> {
  const handle = await openSqlite(file, { timeoutMs: 0 });
  handle.exec('begin');
  for (const { table, column } of textColumns(handle)) {
    const update = handle.prepare(`update ${table} set ${column} = replace(${column}, ?, ?)`);
    for (const [before, after] of replacements) update.run(before, after);
  }
  handle.exec('commit');
  handle.close();
}

function textColumns(handle: SqliteHandle): { table: string; column: string }[] {
  const rows = handle
    .prepare(
      `select m.name as name, c.name as of from sqlite_master m, pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like 'sqlite%' and lower(c.type) = 'text'`,
    )
    .all();
  return rows.map((row) => ({ table: String(row['name']), column: String(row['of']) }));
}
