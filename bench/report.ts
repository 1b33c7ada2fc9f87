import type { BootTimes } from './boot-times.js';
import { median, ratiosByRound, shown, type Series } from './series.js';

/** A figure with what it is compared with, as one line of the table. */
export interface Row {
  readonly figure: Series;
  readonly baseline?: Series;
}

/** What a figure may be at most. */
export interface Bar {
  readonly name: string;
  readonly measured: number;
  readonly most: number;
  /** Empty for a ratio. */
  readonly unit: string;
}

/** Median of the one divided by the median of the other. */
export function ratioOf({ figure, baseline }: Required<Row>): number {
  return median(figure.samples) / median(baseline.samples);
}

export function isMet({ measured, most }: Bar): boolean {
  return measured <= most;
}

/** Median, smallest and largest of each figure and of its baseline, and the ratio of the medians. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['figure', '', 'measured', 'n', 'baseline', '', 'ratio (round by round)'];
  const lines = rows.map(({ figure, baseline }) => [
    figure.name,
    figure.unit,
    shown(figure.samples),
    `${figure.samples.length}`,
    baseline?.name ?? '',
    baseline === undefined ? '' : shown(baseline.samples),
    baseline === undefined ? '' : shownRatio({ figure, baseline }),
  ]);
  return aligned([head, ...lines]);
}

export function barLine(bar: Bar): string {
  const { name, measured, most, unit } = bar;
  const verdict = isMet(bar) ? 'met   ' : 'MISSED';
  const value = unit === '' ? measured.toFixed(2) : measured.toFixed(1);
  return `${verdict} ${name}: ${value}${unit} (at most ${most}${unit})`;
}

/** Gap and time from the hook, by boot time of the app, for every strategy and for bare stop + start. */
export function bootTable(boots: readonly BootTimes[]): string {
  const head = ['boot', 'by', 'gap, ms', '/ stop + start', 'to new version served, ms'];
  const lines = boots.flatMap(({ bootsFor, changes }) => {
    const typed = (changes.get('stop + start') ?? []).map(({ gap }) => gap);
    return [...changes].map(([contestant, list]) => {
      const gaps = list.map(({ gap }) => gap);
      return [
        `${bootsFor} s`,
        contestant,
        shown(gaps),
        (median(gaps) / median(typed)).toFixed(3),
        shown(list.map(({ untilServed }) => untilServed)),
      ];
    });
  });
  return aligned([head, ...lines]);
}

/** Median, smallest and largest of each part. */
export function partsTable(title: string, parts: readonly Series[]): string {
  const lines = parts.map(({ name, unit, samples }) => [`  ${name}`, unit, shown(samples)]);
  return `${title}\n${aligned(lines)}`;
}

function shownRatio(row: Required<Row>): string {
  const ratio = ratioOf(row).toFixed(2);
  const { figure, baseline } = row;
  if (figure.samples.length !== baseline.samples.length) return ratio;
  const byRound = ratiosByRound(figure.samples, baseline.samples);
  return `${ratio} (${Math.min(...byRound).toFixed(2)}–${Math.max(...byRound).toFixed(2)})`;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
