import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import type { TrialRecord } from '../test/support/trials.js';

const DOCS = fileURLToPath(new URL('../docs', import.meta.url));

const HEAD = `# Reliability

What was done to Deploy to bring a service down, to lose a setting or to lose a delivery, and what came of it. This page
is made of the result files in \`docs/reliability\`, which the runs write themselves; nothing here is written by hand but
the words around the tables. \`npm run test:faults\` repeats all of it, \`npm test\` a part in which every kind of trial
occurs. Both need what \`npm test\` needs: Linux, root; they bring up an engine and a registry of their own.
`;

const NOT_COVERED = `## What is not covered

- Engines newer than 20.10 (API 1.42 and up): what is sent to them is tested by tables of recorded shapes only. So are
  several networks at the creation (1.44), MAC addresses by network (1.44), \`StartInterval\` (1.44) and the gateway by
  priority (1.48).
- Control groups v2, rootless engines, Podman, user namespaces, SELinux, volume plugins, GPUs, IPv6, networks of drivers
  other than \`bridge\` and \`macvlan\`.
- A disk that lies about what it has written; a host that loses power while its disk caches writes.
- What Docker 20.10 itself gets wrong. Killed while it starts a container, it may keep the port of that one, or lead it to
  an address that the next container is given, until it is started again; with \`--live-restore\` the process of that
  container may run on unseen (see \`port-taken\`). Rounds after which it did so are counted above: there the service had
  to be up, and as told, once the engine was put in order.
- How long nobody served (\`downtimeMs\`) when answers of the engine come late or its calls are refused again and again in
  a handover: the two faults of the engine that the table counts are wrong figures of that, on a machine with a load of 15
  on two cores. Who serves, what is left and the phase were right.
- Kills at every position of a rollout with dependents whose new version is bad: of that a part of the positions was
  tried.
- Registries other than Debian's \`docker-registry\` and the tests' fakes.
`;

/** The page for these records, in the order of their names. */
export async function reliabilityPage(records: readonly TrialRecord[]): Promise<string> {
  const page = [HEAD, ...records.map(section), NOT_COVERED].join('\n');
  const options = await prettier.resolveConfig(join(DOCS, 'reliability.md'));
  return prettier.format(page, { ...options, parser: 'markdown' });
}

/** What the runs have written down, in the order of the files' names. */
export async function trialRecords(): Promise<readonly TrialRecord[]> {
  const folder = join(DOCS, 'reliability');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as TrialRecord);
}

/** Writes docs/reliability.md anew. */
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
