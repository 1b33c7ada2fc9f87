import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import type { Storage } from '../../../storage/storage.js';
import { WaitingNetworks } from './waiting-networks.js';

const NETWORK = '0-deploy-wait-br0';

describe('the network on which new containers wait', () => {
  it('is removed with the last rollout that needs it', async () => {
    const { waiting, engine, removed } = aScene();
    await waiting.make(engine, anIntent('one'));
    await waiting.make(engine, anIntent('two'));
    await waiting.release(engine, anIntent('one'));
    expect(removed).toEqual([]);
    await waiting.release(engine, anIntent('two'));
    expect(removed).toEqual([NETWORK]);
  });

  it('is not kept for a rollout that could not create it', async () => {
    const { waiting, engine, removed, refuse } = aScene();
    refuse();
    await expect(waiting.make(engine, anIntent('one'))).rejects.toThrow('no');
    await waiting.make(engine, anIntent('two'));
    await waiting.release(engine, anIntent('two'));
    expect(removed).toEqual([NETWORK]);
  });
});

function anIntent(deployment: string): RolloutIntent {
  const waiting = { name: NETWORK, kind: 'macvlan', parent: 'br0' };
  return { engine: 'local', deployment, waiting } as unknown as RolloutIntent;
}

function aScene() {
  const removed: string[] = [];
  let isRefused = false;
  const networks = {
    make: () => {
      if (!isRefused) return Promise.resolve();
      isRefused = false;
      return Promise.reject(new EngineError('no', 500));
    },
    removeUnused: (name: string) => {
      removed.push(name);
      return Promise.resolve();
    },
  };
  return {
    waiting: new WaitingNetworks({ instanceId: 'instance' } as Storage),
    engine: { networks } as unknown as EngineClient,
    removed,
    refuse: () => {
      isRefused = true;
    },
  };
}
