import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBootTimes, type BootTimes } from './boot-times.js';
import { BASELINE, deliveriesPosted, measureDeliveries } from './deliveries.js';
import { measureFootprint } from './footprint.js';
import type { Change } from './measured-service.js';
import { barLine, bootTable, isMet, partsTable, ratioOf, tableOf } from './report.js';
import type { Bar, Row } from './report.js';
import { measureReplacements } from './replacements.js';
import { median, type Series } from './series.js';
import { withStage, type Stage } from './stage.js';

/** What runs in the sandbox of `npm run bench`; see docs/benchmarks.md for what the figures mean. */
const FEWEST_ROUNDS = 8;
const STARTS = 5;
const BOOT_ROUNDS = 3;
const RESULTS = join(import.meta.dirname, 'results');

const { values: options } = parseArgs({
  options: {
    strict: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '10' },
  },
});
const rounds = Math.max(FEWEST_ROUNDS, Number(options.rounds));

const loadBefore = loadavg()[0] ?? 0;
const { rows, bars, parts, boots, machine } = await withStage(async (stage) => {
  const measured = await measure(stage);
  return { ...measured, machine: await describeMachine(stage, loadBefore) };
});
console.log(`\n${machine.text}\n`);
console.log(tableOf(rows));
for (const { title, series } of parts) console.log(`\n${partsTable(title, series)}`);
console.log(`\n${bootTable(boots)}`);
console.log(`\n${bars.map(barLine).join('\n')}`);
console.log(
  `\nWritten to ${await write({ machine, rounds, bars, rows, parts, boots: boots.map(asJson) }, machine.date)}`,
);
process.exitCode = options.strict && !bars.every(isMet) ? 1 : 0;

interface Measured {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  readonly parts: readonly Parts[];
  readonly boots: readonly BootTimes[];
}

async function measure(stage: Stage): Promise<Measured> {
  say(`Start-up and memory: ${STARTS} starts.`);
  const footprint = await measureFootprint(stage, STARTS);
  say(`Replacements by a hook, by bare calls and by the command line: ${rounds} rounds.`);
  const replacements = await measureReplacements(stage, rounds);
  say(`Deliveries: ${deliveriesPosted(rounds)} in ${rounds} rounds.`);
  const deliveries = await measureDeliveries(stage, rounds);

  const boots = await measureBootTimes(stage, BOOT_ROUNDS, say);

  const { byDeploy, byBareCalls, byCommandLine, downtime } = replacements;
  const served: Required<Row> = {
    figure: untilServed('hook to new version served', byDeploy),
    baseline: untilServed('bare engine calls', byBareCalls),
  };
  const gap: Required<Row> = {
    figure: gapOf('gap', byDeploy),
    baseline: gapOf('docker stop + docker start', byCommandLine),
  };
  const afterOne = inMegabytes('memory after one deployment', replacements.memoryAfterOne);
  const afterAll = inMegabytes('memory after all deployments', replacements.memoryAfterAll);
  const appends = deliveries.find(({ name }) => name === BASELINE);
  const rows: Row[] = [
    served,
    gap,
    { figure: gap.figure, baseline: gapOf('bare engine calls', byBareCalls) },
    { figure: { name: 'gap, as the deployment tells it', unit: 'ms', samples: downtime } },
    ...deliveries
      .filter((figure) => figure !== appends)
      .map((figure) => (appends === undefined ? { figure } : { figure, baseline: appends })),
    { figure: footprint.startUp, baseline: footprint.bareStartUp },
    { figure: footprint.startUpWork, baseline: footprint.bareStartUpWork },
    { figure: footprint.idleMemory, baseline: footprint.bareMemory },
    { figure: afterOne, baseline: footprint.bareMemory },
    { figure: afterAll, baseline: footprint.bareMemory },
  ];
  const bars: Bar[] = [
    { name: 'hook to served / bare calls', measured: ratioOf(served), most: 1.15, unit: '' },
    { name: 'gap / (stop + start by CLI)', measured: ratioOf(gap), most: 1, unit: '' },
    barOf(footprint.idleMemory, 130),
    barOf(afterOne, 130),
    barOf(footprint.startUp, 1_500),
    handoverBar(boots, 0, 0.5),
    handoverBar(boots, 8, 0.05),
  ];
  const parts: Parts[] = [
    { title: 'Where the time goes from the hook on, in order', series: replacements.deployParts },
    { title: 'Bare engine calls', series: replacements.bareCalls },
  ];
  return { rows, bars, parts, boots };
}

/** The gap of a handover divided by that of stop + start, for apps of one boot time. */
function handoverBar(boots: readonly BootTimes[], bootsFor: number, most: number): Bar {
  const changes = boots.find((each) => each.bootsFor === bootsFor)?.changes;
  const gap = (contestant: 'handover' | 'stop + start'): Series =>
    gapOf(contestant, changes?.get(contestant) ?? []);
  const measured = ratioOf({ figure: gap('handover'), baseline: gap('stop + start') });
  return { name: `handover / (stop + start), boot ${bootsFor} s`, measured, most, unit: '' };
}

function asJson({ bootsFor, changes }: BootTimes): object {
  return { bootsFor, ...Object.fromEntries(changes) };
}

interface Parts {
  readonly title: string;
  readonly series: readonly Series[];
}

function untilServed(name: string, changes: readonly Change[]): Series {
  return { name, unit: 'ms', samples: changes.map((change) => change.untilServed) };
}

function gapOf(name: string, changes: readonly Change[]): Series {
  return { name, unit: 'ms', samples: changes.map(({ gap }) => gap) };
}

function inMegabytes(name: string, megabytes: number): Series {
  return { name, unit: 'MB', samples: [megabytes] };
}

function barOf({ name, unit, samples }: Series, most: number): Bar {
  return { name, measured: median(samples), most, unit: ` ${unit}` };
}

/** The class of the machine, so that figures can be compared; never its name. */
async function describeMachine({ docker }: Stage, load: number) {
  const { Version: engine } = await docker.version();
  const processors = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const date = new Date().toISOString();
  const loads = [load, loadavg()[0] ?? 0] as const;
  const text = `${date.slice(0, 10)} · ${processors} · ${memory} · Node.js ${process.version} · Docker ${engine} · load ${loads.map((each) => each.toFixed(1)).join(' → ')}`;
  return { date, processors, memory, node: process.version, engine, loads, text };
}

async function write(result: object, date: string): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

function say(line: string): void {
  console.log(line);
}
