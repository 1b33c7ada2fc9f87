import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { AppModule } from '../../src/app.module.js';
import { Reconcilers } from '../../src/deployments/queue/reconcilers.js';
import { aConfiguration } from '../support/http-edge.js';
import { ConfigurationFolder } from './config/configuration-folder.js';
import { anOpenStorage } from './storage/temporary-storage.js';

it('gives every class of every module what it asks for', async () => {
  const path = new ConfigurationFolder().write(aConfiguration()).file;
  const module = AppModule.over({ path, environment: {} }, await anOpenStorage());
  const application = await Test.createTestingModule({ imports: [module] }).compile();
  expect(application.get(Reconcilers, { strict: false })).toBeInstanceOf(Reconcilers);
});
