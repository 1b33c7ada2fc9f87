import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DeployInProcess } from '../support/deploy-in-process.js';
import { Scenario, type ShownDeployment } from '../support/scenario.js';
import { sharedRig, uniqueName } from '../support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';
import { FaultyRegistry } from './faulty-registry.js';
import { LOOKUP_TROUBLES, PULL_TROUBLES, type Trouble } from './registry-troubles.js';

const rows: (readonly string[])[] = [];

afterAll(async () => {
  await recordTrials('registry-faults', {
    title: 'A registry that does wrong',
    command: 'npm run test:faults -- test/faults/registry-faults.e2e.test.ts',
    columns: [
      'during',
      'the registry',
      'the deployment',
      'the old container',
      'when it is well again',
    ],
    rows,
  });
});

type Play = Scenario<DeployInProcess>;

/** A service whose registry is reached, by Deploy and by the engine, through one that can do wrong. */
async function behindFaults(): Promise<{ registry: FaultyRegistry; scenario: Play }> {
  const rig = sharedRig();
  const registry = await FaultyRegistry.start(rig.registryHost);
  onTestFinished(() => registry.remove());
  const stage = { ...rig, registryHost: registry.host };
  const scenario = await Scenario.startInProcess({
    app: { version: 'v0', check: 'healthy' },
    stage,
    configuration: ['server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 } } }'],
  });
  return { registry, scenario };
}

/** Where the deployment stands while the registry does wrong, in the words of the table. */
async function outcome(scenario: Play, id: string, { leadsTo }: Trouble): Promise<string> {
  if (leadsTo === 'waits') {
    const waiting = await waitFor(
      'the deployment to wait for the registry',
      () => scenario.deployment(id),
      ({ phase, reason }) =>
        phase !== 'waiting' || reason?.startsWith('waits for the reg') === true,
      { within: 60_000 },
    );
    expect(waiting).toMatchObject({
      phase: 'waiting',
      waitingFor: 'registry',
      digest: null,
      error: null,
    });
    return 'waits for the registry';
  }
  const ended = await scenario.ended(id, 600_000);
  if (leadsTo === 'succeeds') {
    expect(ended).toMatchObject({ phase: 'succeeded', error: null });
    return 'succeeds';
  }
  expect(ended).toMatchObject({ phase: 'failed', error: { serving: 'old', logTail: null } });
  expect(leadsTo).toContain(ended.error?.code);
  expect([0, null]).toContain(ended.downtimeMs);
  return `failed, ${ended.error?.code ?? ''}`;
}

/** The trouble, from the push to the deployment that goes well after it. */
async function suffer(
  play: Awaited<ReturnType<typeof behindFaults>>,
  during: string,
  trouble: Trouble,
): Promise<void> {
  const { registry, scenario } = play;
  const before = await scenario.inspect();
  // One that the engine has no layer of.
  const version = uniqueName('version');
  const serves = await scenario.served();
  const digest = await scenario.push({ version, check: 'healthy' });
  registry.set(trouble.fault);
  const id = await scenario.hookedDeployment();
  const shown = await outcome(scenario, id, trouble);
  const isDone = trouble.leadsTo === 'succeeds';
  if (!isDone) {
    const after = await scenario.inspect();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(await scenario.remains()).toEqual({
      serves,
      names: [scenario.container],
      restart: 'always',
      quarantined: [],
    });
  }

  registry.mend();
  const again: ShownDeployment =
    trouble.leadsTo === 'waits' || isDone
      ? await scenario.ended(id, 120_000)
      : await scenario.ended(await scenario.hookedDeployment(), 120_000);
  expect(again).toMatchObject({ phase: 'succeeded', digest, error: null });
  expect(await scenario.remains()).toMatchObject({ serves: version, names: [scenario.container] });
  const untouched = isDone ? 'replaced' : 'untouched, serving';
  rows.push([during, trouble.what, shown, untouched, isDone ? '' : 'succeeds']);
}

describe.each([
  ['the look-up', LOOKUP_TROUBLES],
  ['the pull', PULL_TROUBLES],
] as const)('a registry that, during %s,', (during, troubles) => {
  const chosen = troubles.filter(({ isLong }) => ALL_TRIALS || isLong !== true);

  it(chosen.map(({ what }) => what).join('; '), { timeout: 1_800_000 }, async () => {
    const play = await behindFaults();
    for (const trouble of chosen) {
      try {
        await suffer(play, during, trouble);
      } catch (error) {
        throw new Error(`during ${during}, the registry ${trouble.what}`, { cause: error });
      }
    }
  });
});
