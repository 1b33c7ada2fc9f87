import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../docker/engine-client.js';
import { aContainer } from '../../docker/testing/inspection-builders.js';
import { anIntent, NEW_IMAGE } from '../../domain/testing/builders.js';
import type { Storage } from '../../storage/storage.js';
import { ContainerMaker } from './container-maker.js';

describe('the new container', () => {
  it('leaves the local tag where it is when its settings cannot be known', async () => {
    const asked: string[] = [];
    const called = (name: string) => () => {
      asked.push(name);
      return Promise.resolve([]);
    };
    const engine = {
      engine: { name: 'local' },
      facts: called('facts'),
      containers: called('containers'),
      image: () => Promise.reject(new Error('the engine went away')),
      tag: called('tag'),
      create: called('create'),
    } as unknown as EngineClient;
    const maker = new ContainerMaker({ instanceId: 'instance' } as Storage);
    const made = maker.createCandidate(engine, anIntent({ imageId: NEW_IMAGE }), aContainer());
    await expect(made).rejects.toThrow('the engine went away');
    expect(asked.sort()).toEqual(['containers', 'facts']);
  });
});
