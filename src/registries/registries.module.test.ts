import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { ConfigurationModule } from '../config/configuration.module.js';
import { ConfigurationService } from '../config/configuration.service.js';
import { RegistriesModule } from './registries.module.js';
import { RegistryClient } from './registry-client.js';
import { RegistryCredentials } from './registry-credentials.js';

it('RegistriesModule provides client and credentials from the current configuration and the environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-registries-module-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'deploy.yaml');
  const auth = Buffer.from('bot:from-the-variable').toString('base64');
  const environment = {
    HOME: folder,
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'ghcr.io': { auth } } }),
  };
  await writeFile(path, 'engines: { local: {} }\n');
  const module = await Test.createTestingModule({
    imports: [ConfigurationModule.forRoot({ path, environment }), RegistriesModule],
  }).compile();
  onTestFinished(() => module.close());

  expect(module.get(RegistryClient)).toBeInstanceOf(RegistryClient);
  const credentials = module.get(RegistryCredentials);
  expect(await credentials.forEngine('ghcr.io/acme/web')).toMatchObject({ username: 'bot' });

  await writeFile(
    path,
    'registries: { ghcr.io: { username: anna, password: from-the-file-20x } }\n',
  );
  expect(module.get(ConfigurationService).reload()).toMatchObject({ applied: true });
  expect(await credentials.forEngine('ghcr.io/acme/web')).toMatchObject({
    username: 'anna',
    password: 'from-the-file-20x',
  });
});
