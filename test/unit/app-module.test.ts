import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { expect, it, onTestFinished } from 'vitest';
import { AppModule } from '../../src/app.module.js';
import { createApplication } from '../../src/application.js';
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

it.each([
  ['post', '/api/v1/deployments/x/approve-link', 401],
  ['get', '/api/v1/deployments', 401],
  ['get', '/approve/x', 404],
  ['get', '/api/openapi.json', 200],
  ['get', '/health/live', 200],
] as const)('has the routes of every module before the catch-all one: %s %s', async (...route) => {
  const [method, address, status] = route;
  const path = new ConfigurationFolder().write(aConfiguration()).file;
  const module = AppModule.over({ path, environment: {} }, await anOpenStorage());
  const application = await createApplication(module);
  onTestFinished(() => application.close());
  await application.init();
  const answer = await supertest(application.getHttpServer())[method](address);
  expect(answer.status).toBe(status);
  expect(answer.text).not.toContain('there is nothing at this address');
});
