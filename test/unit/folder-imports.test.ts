import { ESLint, type Linter } from 'eslint';
import { parser } from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { deploymentWriters } from '../../scripts/lint/deployment-writers.js';
import { folderImports } from '../../scripts/lint/folder-imports.js';
import { importCycles } from '../../scripts/lint/import-cycles.js';

/** Lints a text as if it were a file of src, with the rules of the project. */
async function complaints(file: string, text: string): Promise<string[]> {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [
      {
        files: ['**/*.ts'],
        languageOptions: { parser },
        plugins: {
          deploy: {
            rules: {
              'deployment-writers': deploymentWriters,
              'folder-imports': folderImports,
              'import-cycles': importCycles,
            },
          },
        },
        rules: {
          'deploy/deployment-writers': 'error',
          'deploy/folder-imports': 'error',
          'deploy/import-cycles': 'error',
        },
      },
    ],
  });
  const [result] = await eslint.lintText(text, { filePath: file });
  return (result?.messages ?? []).map((message) => message.message);
}

describe('the rule for imports between folders', { timeout: 60_000 }, () => {
  it.each([
    ['src/domain/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/docker/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/registries/planted.ts', "export { Engines } from '../docker/engines.js';"],
    ['src/handlers/planted.ts', "import { Registries } from '../registries/registries.js';"],
    ['src/environments/planted.ts', "import { Worker } from '../deployments/worker.js';"],
    ['src/outgoing/planted.ts', "import { Registries } from '../registries/registries.js';"],
    ['src/deployments/planted.ts', "import { ApiModule } from '../api/api.module.js';"],
    ['src/http/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/webhooks/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/deployments/planted.ts', "import { Hub } from '../webhooks/docker-hub.source.js';"],
    ['src/config/planted.ts', "await import('../access/access.module.js');"],
  ])('refuses a planted violation in %s', async (file, text) => {
    expect(await complaints(file, text)).toEqual([expect.stringContaining('may import')]);
  });

  it.each([
    ['src/deployments/planted.ts', "import Docker from 'dockerode';", 'docker only'],
    ['src/deployments/planted.ts', "import { sql } from 'kysely';", 'storage only'],
    ['src/registries/planted.ts', "import { Agent } from 'undici';", 'outgoing only'],
    ['src/domain/planted.ts', "import { Injectable } from '@nestjs/common';", 'plain TypeScript'],
    ['src/domain/planted.ts', "import { readFile } from 'node:fs/promises';", 'plain TypeScript'],
  ])('keeps one door per outside thing: %s', async (file, text, words) => {
    expect(await complaints(file, text)).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    ['src/domain/image/planted.ts', "import type { Service } from '../settings/environment.js';"],
    ['src/domain/policy/planted.ts', "import { isActive } from '../rollout/container-state.js';"],
    ['src/deployments/locks/planted.ts', "import { Worker } from '../queue/worker.js';"],
    ['src/deployments/outcome/planted.ts', "import { Admission } from '../deciding/admission.js';"],
    ['src/deployments/rollout/planted.ts', "export { Worker } from '../queue/worker.js';"],
    ['src/deployments/planted.ts', "import { Worker } from './queue/worker.js';"],
  ])('refuses a planted violation between rooms in %s', async (file, text) => {
    expect(await complaints(file, text)).toEqual([expect.stringContaining('may import')]);
  });

  it.each([
    ['src/domain/errors.ts', "import type { Deployment } from './deployment/deployment.js';"],
    ['src/domain/image/image-reference.ts', "export * from './written-image.js';"],
  ])('refuses a planted circle through %s, types included', async (file, text) => {
    expect(await complaints(file, text)).toContainEqual(
      expect.stringMatching(/^imports in a circle: .* → /),
    );
  });

  it.each([
    ["await stored.deployments.transition(id, { phase: 'failed' });", 'transition'],
    ['await this.storage.deployments.insert(deployment);', 'insert'],
  ])('lets nobody else write a deployment: %s', async (text, method) => {
    expect(await complaints('src/deployments/planted.ts', text)).toEqual([
      `only DeploymentChanges calls deployments.${method}()`,
    ]);
    expect(await complaints('src/deployments/deployment-changes.ts', text)).toEqual([]);
  });

  it.each([
    ['src/deployments/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/docker/planted.ts', "import Docker from 'dockerode';"],
    ['src/app.module.ts', "import { Storage } from './storage/storage.js';"],
    ['src/deployments/queue/planted.ts', "import { Admission } from '../deciding/admission.js';"],
    ['src/deployments/planted.module.ts', "import { Worker } from './queue/worker.js';"],
  ])('lets the way of the data pass in %s', async (file, text) => {
    expect(await complaints(file, text)).toEqual([]);
  });
});

describe('the rules of the project', { timeout: 60_000 }, () => {
  it('include it for src', async () => {
    const config = (await new ESLint().calculateConfigForFile(
      'src/domain/deployment/deployment.ts',
    )) as {
      rules: Record<string, unknown>;
    };
    for (const rule of ['deployment-writers', 'folder-imports', 'import-cycles']) {
      expect(config.rules[`deploy/${rule}`]).toEqual([2]);
    }
  });

  it.each([
    ['class Planted { #method() {} }', 'write `private name()`'],
    ['class Planted { private field = 1; }', 'write `#name`'],
  ])('have one idiom of privacy: %s', async (text, message) => {
    const config = (await new ESLint().calculateConfigForFile('src/main.ts')) as {
      rules: Record<string, Linter.RuleEntry>;
    };
    const [result] = await new ESLint({
      overrideConfigFile: true,
      overrideConfig: [
        {
          files: ['**/*.ts'],
          languageOptions: { parser },
          rules: { 'no-restricted-syntax': config.rules['no-restricted-syntax'] ?? 'off' },
        },
      ],
    }).lintText(text, { filePath: 'src/planted.ts' });
    expect(result?.messages.map((each) => each.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });
});
