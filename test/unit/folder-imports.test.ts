import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

/** Lints a text as if it were a file of src, with the rules of the project. */
async function complaints(file: string, text: string): Promise<string[]> {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [
      {
        files: ['**/*.ts'],
        languageOptions: { parser: (await import('typescript-eslint')).parser },
        plugins: {
          deploy: {
            rules: {
              'folder-imports': (await import('../../scripts/lint/folder-imports.js'))
                .folderImports,
            },
          },
        },
        rules: { 'deploy/folder-imports': 'error' },
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
    ['src/deployments/planted.ts', "import { Storage } from '../storage/storage.js';"],
    ['src/docker/planted.ts', "import Docker from 'dockerode';"],
    ['src/app.module.ts', "import { Storage } from './storage/storage.js';"],
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
    expect(config.rules['deploy/folder-imports']).toEqual([2]);
  });
});
