import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The package as installed beside handlers: package.json and the built types. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-types-'));
  const installed = join(folder, 'node_modules', 'deploy');
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.types.json'), (path) =>
    ts.sys.readFile(path),
  ) as { config: object };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram(fileNames, { ...options, outDir: join(installed, 'dist') });
  const { emitSkipped } = program.emit();
  expect(emitSkipped).toBe(false);
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The compiler's errors for each file, with its strictest settings and without Node.js or browser types. */
function complaints(texts: Readonly<Record<string, string>>): Record<string, string[]> {
  const names = Object.keys(texts);
  for (const name of names) writeFileSync(join(folder, name), texts[name] ?? '');
  const program = ts.createProgram(
    names.map((name) => join(folder, name)),
    {
      strict: true,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      noImplicitReturns: true,
      exactOptionalPropertyTypes: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts'],
      types: [],
    },
  );
  const found = ts.getPreEmitDiagnostics(program);
  return Object.fromEntries(
    names.map((name) => [
      name,
      found
        .filter(({ file }) => file?.fileName.endsWith(`/${name}`))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    ]),
  );
}

const JAVASCRIPT = `
/** @import { Decide, OnPush, BeforeRollout, AfterRollout } from 'deploy' */

/** @type {OnPush} */
export const onPush = (push, api) => {
  if (push.tag.endsWith('-rc')) return api.skip('a candidate');
  return undefined;
};

/** @type {Decide} */
export const decide = async (deployment, api) => {
  const answer = await api.fetch('https://queue.example.com/jobs', { headers: { accept: 'application/json' } });
  const { left } = /** @type {{ left: number }} */ (await answer.json());
  api.log.info(deployment.id, left, answer.headers.get('date'));
  if (left > 0) return api.wait({ for: 'the queue', seconds: 30, reason: left + ' jobs are left' });
  if (deployment.tag === 'never') return api.wait({ until: new Date(), reason: 'x' });
  return api.deploy();
};

/** @type {BeforeRollout} */
export const beforeRollout = async (plan, api) => {
  for (const { name, description } of plan.steps) api.log.info(name, description);
};

/** @type {AfterRollout} */
export const afterRollout = ({ phase, error }, api) => {
  api.log.warn(phase, error?.code.length);
};
`;

const TYPESCRIPT = `
import type { Handler } from 'deploy';
export const handler = {
  decide: (deployment, api) => (deployment.force ? api.deploy() : api.skip('no')),
  onPush: () => {},
} satisfies Handler;
`;

const decide = (expression: string): string => `
import type { Decide } from 'deploy';
export const decide: Decide = (deployment, api) => ${expression};
`;

const examples = (): Record<string, string> => {
  const page = readFileSync(join(ROOT, 'docs/handlers.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((block) => block[1] ?? '');
  return Object.fromEntries(blocks.map((block, at) => [`example-${String(at)}.mjs`, block]));
};

describe('the types for authors of handlers', { timeout: 120_000 }, () => {
  it('fit handlers in JavaScript and TypeScript and the examples of the documentation', () => {
    const sound = { 'web.mjs': JAVASCRIPT, 'web.mts': TYPESCRIPT, ...examples() };
    expect(Object.keys(sound)).toHaveLength(5);
    for (const [name, said] of Object.entries(complaints(sound))) expect(said, name).toEqual([]);
  });

  it('report what is wrong', () => {
    const wrong = {
      'without-time.mts': decide("api.wait({ reason: 'x' })"),
      'two-times.mts': decide("api.wait({ reason: 'x', seconds: 1, until: new Date() })"),
      'without-reason.mts': decide('api.wait({ seconds: 1 })'),
      'skip-without-reason.mts': decide('api.skip()'),
      'no-choice.mts': decide("({ kind: 'deploy' })"),
      'nothing-returned.mts': decide('{}'),
      'unknown-field.mts': decide('(deployment.container, api.deploy())'),
      'wait-in-push.mts': decide("api.wait({ seconds: 1, reason: 'x' })").replaceAll(
        /ecide: Decide|Decide/g,
        (found) => (found === 'Decide' ? 'OnPush' : 'ecide: OnPush'),
      ),
    };
    for (const [name, said] of Object.entries(complaints(wrong))) {
      expect(said, name).not.toEqual([]);
    }
  });
});
