import { describe, expect, it } from 'vitest';
import type { EngineStep } from '../../domain/rollout/step.js';
import { aCandidate, aContainer, anIntent, aSnapshot } from '../../domain/testing/builders.js';
import { mayPark } from './parking.js';

const DOWN = aSnapshot({ old: aContainer({ status: 'exited' }), candidate: aCandidate() });
const TOUCHED = anIntent({ stopIssued: true });
const HOOKS: EngineStep[] = [
  { name: 'run-before-hook', index: 0 },
  { name: 'run-after-hook', index: 0 },
  { name: 'run-failure-hook', index: 0 },
];

describe('a server that is stopping', () => {
  it('does not stop between the end of one container and the start of the other', () => {
    expect(mayPark({ name: 'take-name', id: aCandidate().id }, DOWN, TOUCHED)).toBe(false);
    expect(mayPark({ name: 'create' }, aSnapshot(), anIntent())).toBe(true);
  });

  it('does not wait for a hook, which may take longer than the shutdown', () => {
    for (const step of HOOKS) {
      expect(mayPark(step, DOWN, TOUCHED)).toBe(true);
      expect(mayPark(step, aSnapshot(), anIntent())).toBe(true);
    }
  });

  it('leaves no hook container running', () => {
    expect(mayPark({ name: 'remove-hook', id: 'hook' }, aSnapshot(), anIntent())).toBe(false);
  });
});
