import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../domain/settings/environment.js';
import { aDeployment, anIntent, DIGEST } from '../../../domain/testing/builders.js';
import { aDependent } from '../../../domain/testing/dependent-starts.js';
import { ClaimedPreparation } from './claimed-preparation.js';
import { ContainerClaims } from '../../locks/container-claims.js';
import type { DeploymentLog } from '../../deployment-log.js';
import type { Prepared, RolloutPreparation } from './preparation.js';

const WEB = { engine: 'local', container: 'web' } as Service;
const DEPLOYMENT = { ...aDeployment(), digest: DIGEST };
const NEVER = new AbortController().signal;

/** A preparation of `web`, on which `worker` depends, that counts its calls. */
function aPreparation(
  onPrepare: (claims: ContainerClaims) => void = () => undefined,
  onSaid: (claims: ContainerClaims) => void = () => undefined,
) {
  const claims = new ContainerClaims();
  const said: string[] = [];
  let count = 0;
  const preparation = {
    prepare: () => {
      count += 1;
      if (count === 1) onPrepare(claims);
      const intent = anIntent({ dependents: [aDependent()] });
      return Promise.resolve({ intent } as Prepared);
    },
  } as unknown as RolloutPreparation;
  const log = {
    append: (_subject: unknown, _level: string, text: string) => {
      said.push(text);
      onSaid(claims);
      return Promise.resolve();
    },
  } as unknown as DeploymentLog;
  const claimed = new ClaimedPreparation(preparation, claims, log);
  return { claimed, claims, said, asked: () => count };
}

describe('a preparation that claims its containers', () => {
  it('claims the dependents too, until it releases everything', async () => {
    const { claimed, claims, asked } = aPreparation();
    await claimed.prepare(DEPLOYMENT, WEB, NEVER);
    expect([asked(), claims.take('other', 'local', ['worker'])]).toEqual([1, 'held']);
    claimed.release(DEPLOYMENT.id);
    expect(claims.take('other', 'local', ['web', 'worker'])).toBe('taken');
  });

  it('does not prepare while another rollout works on the container, and says so', async () => {
    const { claimed, claims, said, asked } = aPreparation();
    claims.take('other', 'local', ['web']);
    const prepared = claimed.prepare(DEPLOYMENT, WEB, NEVER);
    await turn();
    expect([asked(), said.length]).toEqual([0, 1]);
    claims.release('other');
    await prepared;
    expect(asked()).toBe(1);
  });

  it('misses no release while it logs that it waits', async () => {
    const { claimed, claims, asked } = aPreparation(undefined, () => {
      claims.release('other');
    });
    claims.take('other', 'local', ['worker']);
    await claimed.prepare(DEPLOYMENT, WEB, NEVER);
    expect(asked()).toBe(2);
  });

  it('holds nothing while another rollout works on a dependent, and then prepares again', async () => {
    const { claimed, claims, said, asked } = aPreparation();
    claims.take('other', 'local', ['worker']);
    const prepared = claimed.prepare(DEPLOYMENT, WEB, NEVER);
    await turn();
    expect([asked(), said.length]).toEqual([1, 1]);
    expect(claims.take('third', 'local', ['web'])).toBe('taken');
    claims.release('third');
    claims.release('other');
    await prepared;
    expect(asked()).toBe(2);
  });

  it('prepares again if another rollout held a dependent meanwhile', async () => {
    const { claimed, asked } = aPreparation((claims) => {
      claims.take('other', 'local', ['worker']);
      claims.release('other');
    });
    await claimed.prepare(DEPLOYMENT, WEB, NEVER);
    expect(asked()).toBe(2);
  });

  it('reserves the containers of an interrupted rollout, which takes them over', async () => {
    const { claimed, claims } = aPreparation();
    const intent = anIntent({ dependents: [aDependent()] });
    claimed.reserve(intent);
    expect(claims.take('other', 'local', ['worker'])).toBe('held');
    await claimed.takeOver(DEPLOYMENT, intent, NEVER);
    expect(claims.take('other', 'local', ['web'])).toBe('held');
  });
});
