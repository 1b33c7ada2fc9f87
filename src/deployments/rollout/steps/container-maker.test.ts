import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { aContainer } from '../../../docker/testing/inspection-builders.js';
import { anIntent, NEW_IMAGE } from '../../../domain/testing/builders.js';
import type { Storage } from '../../../storage/storage.js';
import { ContainerMaker } from './container-maker.js';
import { observationOf } from '../observer.js';

describe('the new container', () => {
  it('leaves the local tag in place if its settings cannot be known', async () => {
    const asked: string[] = [];
    const called = (name: string) => () => {
      asked.push(name);
      return Promise.resolve([]);
    };
    const engine = {
      engine: { name: 'local' },
      facts: () => Promise.reject(new Error('the engine went away')),
      containers: called('containers'),
      tag: called('tag'),
      create: called('create'),
    } as unknown as EngineClient;
    const maker = new ContainerMaker({ instanceId: 'instance' } as Storage);
    const intent = anIntent({ imageId: NEW_IMAGE });
    const inspections = new Map([[intent.old.id, { ...aContainer(), Id: intent.old.id }]]);
    const answers = { epoch: '', oldImage: null, hasWaitingNetwork: false, inspections };
    const observation = observationOf(answers, intent, 'instance');
    const made = maker.createCandidate(engine, intent, observation);
    await expect(made).rejects.toThrow('the engine went away');
    expect(asked).toEqual([]);
  });
});
