import { describe, expect, it } from 'vitest';
import { containerState } from '../../../docker/inspection/container-state.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type {
  ContainerInspection,
  EndpointSettings,
} from '../../../docker/inspection/inspection.js';
import { aContainer } from '../../../docker/testing/inspection-builders.js';
import { anOverlap, NOON } from '../../../domain/testing/builders.js';
import { overlapSteps } from './overlap-steps.js';
import type { StepContext, StepResult } from './step-context.js';
import type { WaitingNetworks } from './waiting-networks.js';

const LOST = new EngineError('the connection was cut', null);
const { intent } = anOverlap('handover');
const WAITING = intent.waiting?.name ?? '';
const OLD = 'old-container';
const NEW = 'new-container';
const FRONT = { front: { Aliases: ['shop', 'web'] } };

describe('a handover call that the engine carried out, but whose answer is lost', () => {
  it.each([
    ['the old one leaves its network', `disconnect ${OLD} front`],
    ['the new one leaves the network on which it waited', `disconnect ${NEW} ${WAITING}`],
  ])('does not restart it: %s', async (_what, call) => {
    const { result, engine } = await run('hand-over', call, FRONT, { ...FRONT, [WAITING]: {} });
    expect(engine.networksOf(NEW)).toEqual(['front']);
    expect(engine.networksOf(OLD)).toEqual([]);
    expect(result.patch).toMatchObject({ oldDownAt: null });
  });

  it.each([
    ['the new one leaves the networks', `disconnect ${NEW} front`],
    ['the old one gets its network back', `connect ${OLD} front`],
  ])('does not restart the rollback: %s', async (_what, call) => {
    const { result, engine } = await run('hand-back', call, {}, FRONT);
    expect(engine.networksOf(NEW)).toEqual([]);
    expect(engine.networksOf(OLD)).toEqual(['front']);
    expect(result.patch).toMatchObject({ oldDownAt: null });
  });

  it('fails if the engine did not carry it out', async () => {
    const isActing = false;
    const running = run('hand-over', `disconnect ${OLD} front`, FRONT, FRONT, isActing);
    await expect(running).rejects.toBe(LOST);
  });
});

/** Does a step on an engine that loses the answer to one call. */
async function run(
  name: 'hand-over' | 'hand-back',
  lost: string,
  old: Networks,
  candidate: Networks,
  isActing = true,
): Promise<{ result: StepResult; engine: FakeEngine }> {
  const engine = new FakeEngine({ [OLD]: old, [NEW]: candidate }, lost, isActing);
  const observation = {
    snapshot: {
      old: containerState(engine.inspection(OLD)),
      candidate: containerState(engine.inspection(NEW)),
    },
  };
  const context = { engine, intent, observation } as unknown as StepContext;
  const steps = overlapSteps({} as WaitingNetworks);
  const result =
    name === 'hand-over'
      ? await steps[name]({ name, id: NEW }, context)
      : await steps[name]({ name, id: OLD }, context);
  return { result, engine };
}

type Networks = Readonly<Record<string, EndpointSettings>>;

class FakeEngine implements Pick<EngineClient, 'now'> {
  readonly #networks: Map<string, Networks>;

  constructor(
    networks: Readonly<Record<string, Networks>>,
    private readonly lost: string,
    private readonly isActing: boolean,
  ) {
    this.#networks = new Map(Object.entries(networks));
  }

  readonly networks = {
    connect: (name: string, id: string, endpoint: EndpointSettings) =>
      this.do(`connect ${id} ${name}`, id, (before) => ({ ...before, [name]: endpoint })),
    disconnect: (name: string, id: string) =>
      this.do(`disconnect ${id} ${name}`, id, (before) =>
        Object.fromEntries(Object.entries(before).filter(([each]) => each !== name)),
      ),
  };

  now(): Promise<number> {
    return Promise.resolve(Date.now());
  }

  container(id: string): Promise<ContainerInspection> {
    return Promise.resolve(this.inspection(id));
  }

  inspection(id: string): ContainerInspection {
    const State = { Status: 'running', Running: true, StartedAt: NOON };
    return aContainer({ Id: id, State, networks: this.#networks.get(id) ?? {} });
  }

  networksOf(id: string): string[] {
    return Object.keys(this.#networks.get(id) ?? {});
  }

  private do(call: string, id: string, change: (before: Networks) => Networks): Promise<void> {
    const isLost = call === this.lost;
    if (!isLost || this.isActing) this.#networks.set(id, change(this.#networks.get(id) ?? {}));
    return isLost ? Promise.reject(LOST) : Promise.resolve();
  }
}
