import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isVersionAtFault, type ErrorCode } from '../../src/domain/errors.js';
import { CONTROL_LABELS } from '../../src/domain/rollout/labels.js';
import { simulateRollout } from '../../src/domain/rollout/plan/simulate.js';
import type { RolloutIntent } from '../../src/domain/rollout/intent.js';
import { rolloutNames } from '../../src/domain/rollout/rollout-names.js';
import { isDecision, type Step } from '../../src/domain/rollout/step.js';
import { describeStep } from '../../src/domain/rollout/plan/describe-step.js';
import {
  aRemovedWhenStopped,
  aSnapshot,
  anIntent,
  anOverlap,
} from '../../src/domain/testing/builders.js';
import { aDependent, withDependents } from '../../src/domain/testing/dependent-starts.js';
import { anExecHook, aRunHook } from '../../src/domain/testing/hook-builders.js';
import { runRollout } from '../../src/domain/testing/rollout-run.js';
import { faultsOf } from './config/configuration-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const README = read('README.md');
const TROUBLESHOOTING = read('docs/troubleshooting.md');
const OPERATIONS = read('docs/operations.md');

const withoutCode = (page: string): string =>
  page.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`code`');

/** The anchor that is made of a heading: lower case, without punctuation, dashes for spaces. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): string[] {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
}

function linksOf(page: string): string[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
}

/** First cells of the rows of a table, as far as they begin with code. */
function rowsOf(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? '');
}

describe('the pages', () => {
  it.each(PAGES)('%s: its links lead somewhere', (page) => {
    for (const link of linksOf(page)) {
      if (/^https?:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
      expect(target.startsWith('..'), `${link} leaves the project`).toBe(false);
      expect(existsSync(join(ROOT, target)), `${link} does not exist`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
    }
  });

  it('are all found from the README', () => {
    const linked = new Set(linksOf('README.md').map((link) => link.split('#')[0]));
    const records = join('docs', 'decisions');
    const missing = PAGES.filter((page) => !page.startsWith(records) && page !== 'README.md');
    expect(missing.filter((page) => !linked.has(page))).toEqual([]);
    expect(linked).toContain('docs/decisions/');
  });

  /** Examples use names that are reserved for them; nothing of a machine or a mirror slips in. */
  it.each(PAGES)('%s: names no other hosts and folders than users have', (page) => {
    const text = read(page);
    const hosts = [...text.matchAll(/https?:\/\/([a-z0-9.-]+)/gi)].map((match) => match[1] ?? '');
    const known =
      /^(?:(?:deploy|ci)\.example\.com|127\.0\.0\.1|localhost|github\.com|keepachangelog\.com|semver\.org)$/;
    expect(hosts.filter((host) => !known.test(host))).toEqual([]);
    const folders = [...text.matchAll(/(?<=[\s`"(=:])\/([a-z]+)(?=\/[a-z])/gm)].map(
      (match) => match[1] ?? '',
    );
    const usual =
      /^(?:api|app|bin|containers|dev|docs|etc|exec|health|images|networks|opt|path|run|usr|v|var|webhooks|environments|deployments|deliveries)$/;
    expect(folders.filter((folder) => !usual.test(folder))).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const sections = new Map(
    TROUBLESHOOTING.split(/^#### `/m)
      .slice(1)
      .map((section) => [section.split('`')[0] ?? '', section]),
  );

  it('has a section for every error code, and for no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    'tells what %s means for the next try',
    (code) => {
      const again = ERROR_CODES[code].retryable ? 'Retryable' : 'Not retryable';
      const quarantine = isVersionAtFault(code) ? 'Quarantined' : 'Not quarantined';
      expect(sections.get(code)).toContain(`_${again}. ${quarantine}._`);
    },
  );
});

describe('docs/operations.md', () => {
  it('lists every call to the engine, and no other', () => {
    const sources = readdirSync(join(ROOT, 'src/docker/client')).filter((file) =>
      file.startsWith('engine-'),
    );
    const called = [
      ...sources
        .map((file) => read(`src/docker/client/${file}`))
        .join('\n')
        .matchAll(/method: '(GET|POST|DELETE|PUT|HEAD)',\s+path: ['`]([^'`]+)['`]/g),
    ].map((match) => `${match[1] ?? ''} ${shape(match[2] ?? '')}`);
    const listed = rowsOf(OPERATIONS)
      .filter((row) => /^(?:GET|POST|DELETE|PUT|HEAD) \/(?!health|metrics)/.test(row))
      .map((row) => shape(row));
    expect(called.length).toBeGreaterThan(15);
    expect(listed.sort()).toEqual([...new Set(called)].sort());
  });

  it('gives each call a permission that compose.yaml opens', () => {
    const opened = [...read('compose.yaml').matchAll(/^ {6}([A-Z]+): 1\b/gm)].map(
      (match) => match[1] ?? '',
    );
    const rows = [
      ...OPERATIONS.matchAll(/^\| `((?:GET|POST|DELETE|PUT|HEAD) [^`]+)`.*\|([^|]+)\|$/gm),
    ];
    const given = rows.flatMap((row) =>
      [...(row[2] ?? '').matchAll(/`([A-Z]+)`/g)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(given)].sort()).toEqual(opened.sort());
    for (const [line, call = '', permissions = ''] of rows) {
      if (!/^(?:GET|HEAD)/.test(call)) expect(permissions, line).toContain('`POST`');
    }
  });

  it('lists every label and every temporary name', () => {
    const rows = rowsOf(OPERATIONS);
    const labels = rows.filter((row) => /^deploy\.[a-z-]+$/.test(row));
    expect(labels.sort()).toEqual([...CONTROL_LABELS].sort());
    const { final, ...temporary } = rolloutNames('<container>');
    const names = rows.filter((row) => row.startsWith(`${final}.`));
    expect(names.sort()).toEqual(Object.values(temporary).sort());
  });

  it('lists every metric of ours', () => {
    const metrics = read('src/operations/metrics.service.ts').match(/'deploy_[a-z_]+'/g) ?? [];
    expect(metrics.length).toBeGreaterThan(0);
    const listed = rowsOf(OPERATIONS).filter((row) => row.startsWith('deploy_'));
    expect(listed.map((row) => `'${row.replace(/\{.*/, '')}'`).sort()).toEqual(metrics.sort());
  });
});

describe('the printed steps', () => {
  const start = { snapshot: aSnapshot(), intent: anIntent() };
  const wayBack = runRollout(start, {
    fail: { step: 'verify-new', code: 'unhealthy', acted: false },
  });
  const removed = aRemovedWhenStopped();
  const [startFirst, handover] = [anOverlap('start-first'), anOverlap('handover')];
  const chain = withDependents([aDependent(), aDependent({ name: 'sidecar', after: ['worker'] })]);
  const hooked = {
    snapshot: aSnapshot(),
    intent: anIntent({
      hooks: {
        before: [aRunHook({ command: ['bin/rails', 'db:migrate'], timeoutMs: 600_000 })],
        after: [anExecHook({ in: 'new', command: ['bin/warm-up'] })],
        onFailure: [],
      },
    }),
  };
  const furtherNetworks = ['backend', 'metrics'];
  const special = { ...removed.intent, furtherNetworks };

  it.each([
    ['all goes well', simulateRollout(start.snapshot, start.intent), start.intent, 1],
    [
      'the way back',
      wayBack.moments.map(({ step }) => step),
      start.intent,
      wayBack.names.indexOf('verify-new') + 2,
    ],
    ['with --rm and further networks', simulateRollout(removed.snapshot, special), special, 1],
    ['with dependents', simulateRollout(chain.snapshot, chain.intent), chain.intent, 1],
    ['with hooks', simulateRollout(hooked.snapshot, hooked.intent), hooked.intent, 1],
    ['start-first', simulateRollout(startFirst.snapshot, startFirst.intent), startFirst.intent, 1],
    ['handover', simulateRollout(handover.snapshot, handover.intent), handover.intent, 1],
  ] as const)('are those that are done: %s', (name, steps, intent, from) => {
    const pages = PAGES.filter((page) => read(page).includes(`<!-- steps: ${name} -->`));
    expect(pages.length).toBeGreaterThan(0);
    for (const page of pages) {
      expect(printedSteps(read(page), name), page).toEqual(asPrinted(steps, intent, from));
    }
  });
});

describe('README.md', () => {
  it('shows only configurations that are sound', () => {
    const examples = [...README.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
    expect(examples.length).toBeGreaterThan(1);
    const variables = ['HUB_SECRET', 'DOCKER_HUB_TOKEN'];
    const environment = Object.fromEntries(
      variables.map((name) => [name, `${name} of at least twenty characters`]),
    );
    for (const [, example = ''] of examples) expect(faultsOf(example, environment)).toEqual([]);
  });

  it('names the versions that the program asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(README).toContain(`Node.js \`${engines.node}\``);
    const connection = read('src/docker/client/engine-connection.ts');
    const newest = /NEWEST_API = '([\d.]+)'/.exec(connection)?.[1] ?? 'none';
    const oldest = /OLDEST_API = '([\d.]+)'/.exec(connection)?.[1] ?? 'none';
    expect(README).toContain(`API ${oldest} to ${newest}`);
    const base = /^ARG RUNTIME_IMAGE=node:(\d+)/m.exec(read('Dockerfile'))?.[1] ?? 'none';
    expect(README).toContain(`the image has ${base}`);
  });

  it('names commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = PAGES.flatMap((page) => [
      ...read(page).matchAll(/\bnpm (?:run ([a-z]+)|(test))\b/g),
    ]).map((match) => match[1] ?? match[2] ?? '');
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) expect(Object.keys(scripts)).toContain(command);
  });
});

/** A path with each of its variable parts as `{}`. */
function shape(path: string): string {
  return path.replace(/\$\{(?:[^{}]|\([^)]*\))*\}|\{\w+\}/g, '{}');
}

function asPrinted(steps: readonly Step[], intent: RolloutIntent, from: number): string[] {
  return steps
    .filter((step) => !isDecision(step))
    .map((step, index) => `${index + 1}. \`${step.name}\`: ${describeStep(step, intent)}`)
    .slice(from - 1)
    .map((line) => line.replace(/sha256:[a-f0-9]{64}/, 'sha256:…'));
}

/** The numbered list that follows a marker. */
function printedSteps(page: string, name: string): string[] {
  const [, after = ''] = page.split(`<!-- steps: ${name} -->\n\n`);
  return (after.split('\n\n')[0] ?? '').trimEnd().split('\n');
}
