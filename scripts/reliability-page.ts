import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import type { TrialRecord } from '../test/support/trials.js';

const DOCS = fileURLToPath(new URL('../docs', import.meta.url));

const HEAD = `# Reliability

What was done to Deploy in attempts to bring a service down, lose a setting or lose a delivery, and with what result. This
page is generated from the result files in \`docs/reliability\`, which the test runs write themselves; only the text around
the tables is written by people. \`npm run test:faults\` repeats all of it; \`npm test\` runs a part in which every kind of
trial occurs. Both need what \`npm test\` needs: Linux and root. They start an engine and a registry of their own.
`;

const NOT_COVERED = `## What is not covered

- Engines newer than 20.10 (API 1.42 and up): what is sent to them is tested only against tables of recorded shapes. This
  includes several networks at creation (1.44), MAC addresses per network (1.44), \`StartInterval\` (1.44) and the gateway by
  priority (1.48).
- Control groups v2, rootless engines, Podman, user namespaces, SELinux, volume plugins, GPUs, IPv6, and networks with
  drivers other than \`bridge\` and \`macvlan\`.
- A disk that lies about what it has written; a host that loses power while its disk caches writes.
- Bugs in Docker 20.10 itself. If it is killed while it starts a container, it may hold that container's port, or lead the
  port to an address that the next container is given, until the container is started again; with \`--live-restore\` the
  process of that container may keep running unseen (see \`port-taken\`). Rounds in which it did so are counted above: in
  those, the service had to be up, and as reported, once the engine was put in order.
- The downtime (\`downtimeMs\`) when the engine answers late, or refuses calls again and again, in a handover: the two faults
  of the engine that the table counts are wrong downtime figures, on a machine with a load of 15 on two cores. Which container
  served, what was left over and the phase were right.
- Kills at every position of a rollout with dependents whose new version is bad: only some of the positions were tried.
- Registries other than Debian's \`docker-registry\` and the fakes in the tests.
`;

/** The page for these records, in the given order. */
export async function reliabilityPage(records: readonly TrialRecord[]): Promise<string> {
  const page = [HEAD, ...records.map(section), NOT_COVERED].join('\n');
  const options = await prettier.resolveConfig(join(DOCS, 'reliability.md'));
  return prettier.format(page, { ...options, parser: 'markdown' });
}

/** The records that the runs have written, in the order of the file names. */
export async function trialRecords(): Promise<readonly TrialRecord[]> {
  const folder = join(DOCS, 'reliability');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as TrialRecord);
}

/** Rewrites docs/reliability.md. */
export async function writeReliabilityPage(): Promise<void> {
  await writeFile(join(DOCS, 'reliability.md'), await reliabilityPage(await trialRecords()));
}

function section({ title, command, commit, date, columns, rows }: TrialRecord): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
    '',
    `\`${command}\`, commit ${commit}, ${date.slice(0, 10)}.`,
    '',
  ].join('\n');
}
