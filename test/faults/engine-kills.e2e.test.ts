import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../support/seeded-random.js';
import { hasLeftovers, tidyUp } from '../support/engine-remains.js';
import { EngineRig } from '../support/engine-rig.js';
import { Fleet, PATIENCE_MS, type FleetService } from '../support/kill-fleet.js';
import { NetworkNamespace } from '../support/network-namespace.js';
import { Probe } from '../support/probe.js';
import type { ShownDeployment } from '../support/scenario.js';
import { RegistryRig } from '../support/registry-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';

const SEED = 20_26;
/** An undisturbed deployment has ended by then. */
const LONGEST_MS = 3_000;
const SERVICES_AT_ONCE = 2;
/** An engine that was killed may have to bring a hundred things into order first. */
const SERVES_WITHIN_MS = 30_000;

interface Kind {
  readonly name: string;
  readonly engineArguments: readonly string[];
  /** What is ended, and begun again in this order. */
  readonly begins: readonly ('engine' | 'deploy')[];
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly rounds: number;
}

/** By default those that no other test has. */
const KINDS: readonly Kind[] = [
  {
    name: 'kill -9 of the engine',
    engineArguments: [],
    begins: ['engine'],
    signal: 'SIGKILL',
    rounds: ALL_TRIALS ? 10 : 0,
  },
  {
    name: 'kill -9 of the engine with live-restore',
    engineArguments: ['--live-restore'],
    begins: ['engine'],
    signal: 'SIGKILL',
    rounds: ALL_TRIALS ? 10 : 1,
  },
  {
    name: 'a reboot after which the engine is up first',
    engineArguments: [],
    begins: ['engine', 'deploy'],
    signal: 'SIGTERM',
    rounds: ALL_TRIALS ? 10 : 0,
  },
  {
    name: 'a reboot after which Deploy is up first',
    engineArguments: [],
    begins: ['deploy', 'engine'],
    signal: 'SIGTERM',
    rounds: ALL_TRIALS ? 10 : 1,
  },
];

describe('an engine that ends at random instants of a deployment', () => {
  const rows: (readonly (string | number)[])[] = [];
  afterAll(() =>
    recordTrials('engine-kills', {
      title: 'Ends of the engine, and of engine and Deploy together, at random instants',
      command: 'npm run test:faults -- test/faults/engine-kills.e2e.test.ts',
      columns: [
        'what',
        'rounds',
        'deployments',
        'faults',
        'rounds that left something of a container in the engine',
        'longest time without an answer, s',
      ],
      rows,
    }),
  );

  it.each(KINDS.filter(({ rounds }) => rounds > 0))(
    '$name: every service comes up again, and the record is true',
    async (kind) => {
      let host = await Host.start(kind.engineArguments);
      const chance = new SeededRandom(SEED);
      const faults: string[] = [];
      let longest = 0;
      let untidy = 0;
      try {
        for (let round = 0; round < kind.rounds; round++) {
          const { gap, found, isUntidy } = await host.endOnce(kind, chance.below(LONGEST_MS));
          longest = Math.max(longest, gap);
          faults.push(...found);
          if (!isUntidy) continue;
          untidy += 1;
          // What else such an engine has got wrong would show in the next rounds.
          await host.remove();
          host = await Host.start(kind.engineArguments);
        }
      } finally {
        await host.remove();
      }
      const deployments = kind.rounds * SERVICES_AT_ONCE;
      const seconds = (longest / 1_000).toFixed(1);
      rows.push([kind.name, kind.rounds, deployments, faults.length, untidy, seconds]);
      expect(faults).toEqual([]);
    },
    3_600_000,
  );
});

/** An engine, a registry and a Deploy of their own, as on a host that can be rebooted. */
class Host {
  private constructor(
    private readonly place: NetworkNamespace,
    private readonly engine: EngineRig,
    private readonly registry: RegistryRig,
    private readonly fleet: Fleet,
  ) {}

  static async start(engineArguments: readonly string[]): Promise<Host> {
    const place = await NetworkNamespace.create();
    const engine = await EngineRig.start({ place, arguments: engineArguments });
    const registry = await RegistryRig.start({ place });
    const stage = {
      docker: engine.docker,
      engineHost: engine.host,
      registryHost: registry.host,
      registry: registry.client,
    };
    const fleet = await Fleet.prepare(stage, 0, {
      place,
      rollout: '{ health: { stableFor: 500ms } }',
    });
    return new Host(place, engine, registry, fleet);
  }

  /**
   * One end in the middle of deployments; returns what was wrong, the longest gap of the first service, and whether
   * the engine itself had to be put in order.
   */
  async endOnce(
    { begins, signal, name }: Kind,
    afterMs: number,
  ): Promise<{ gap: number; found: readonly string[]; isUntidy: boolean }> {
    const { fleet, engine } = this;
    const services: FleetService[] = [];
    for (let made = 0; made < SERVICES_AT_ONCE; made++) {
      services.push(await fleet.add({ version: 'v2' }));
    }
    await fleet.configure(services.map((service) => service.name));
    await fleet.start();
    const [first] = services;
    if (first === undefined) throw new Error('there is no service');
    const probe = Probe.start(`http://${this.place.address}:${first.port}/`, { every: 50 });
    for (const service of services) expect((await fleet.hook(service)).status).toBe(202);
    await delay(afterMs);
    await Promise.all([
      engine.stop(signal),
      ...(begins.includes('deploy') ? [fleet.deploy.kill()] : []),
    ]);
    for (const each of begins) await (each === 'engine' ? engine.start() : fleet.start());

    let found = await troublesOf(services, (service) => this.check(service));
    await probe.stop();
    // Nothing that Deploy could do.
    const isUntidy = found.length > 0 && (await hasLeftovers(engine, services));
    if (isUntidy) {
      await tidyUp(engine);
      found = await troublesOf(services, (service) => this.checkWhenTidy(service));
    }
    await fleet.deploy.stop();
    for (const service of services) await fleet.clear(service);
    return {
      isUntidy,
      gap: probe.longestGap,
      found: found.map((fault) => `${name}, ${afterMs.toFixed(0)} ms after the hooks: ${fault}`),
    };
  }

  async remove(): Promise<void> {
    await this.fleet.deploy.remove();
    await this.registry.remove();
    await this.engine.remove();
    await this.place.remove();
  }

  private async check(service: FleetService): Promise<void> {
    const { fleet } = this;
    await this.serves(service);
    const { phase, error } = await this.lastEnded(service);
    const isUntouched = phase === 'failed' && error?.serving === 'old';
    if (phase !== 'succeeded' && phase !== 'rolled-back' && !isUntouched) {
      throw new Error(`it is ${phase}: ${JSON.stringify(error)}`);
    }
    const version = await this.servesAsTold(service);
    expect(await fleet.outcome(service)).toEqual(fleet.expected(service, version, []));
  }

  private async checkWhenTidy(service: FleetService): Promise<void> {
    await this.serves(service);
    const { phase, error } = await this.lastEnded(service);
    if (phase === 'failed' && error?.serving === 'none') expect(error.code).toBe('port-taken');
    await this.servesAsTold(service);
  }

  private async serves(service: FleetService): Promise<void> {
    const within = SERVES_WITHIN_MS;
    await waitFor('it to serve', () => this.fleet.served(service), Boolean, { within });
  }

  /** Waits for the version of which the last deployment tells. @returns it. */
  private async servesAsTold(service: FleetService): Promise<'v1' | 'v2'> {
    const { phase, error } = await this.lastEnded(service);
    const version = phase === 'succeeded' ? 'v2' : 'v1';
    await waitFor(
      `${version} to be served after ${JSON.stringify({ phase, error })}`,
      () => this.fleet.served(service),
      (served) => served === version,
    );
    return version;
  }

  /** A rollout that was undone because the engine went away is tried again, as a deployment of its own. */
  private async lastEnded({ name }: FleetService): Promise<ShownDeployment> {
    const path = `/deployments?environment=staging&service=${name}`;
    const deployments = await waitFor(
      `the deployments of ${name} to end`,
      async () => {
        const answer = await this.fleet.deploy.api(path);
        return ((await answer.json()) as { items: ShownDeployment[] }).items;
      },
      (items) => items.length > 0 && items.every(({ finishedAt }) => finishedAt !== null),
      { within: PATIENCE_MS, every: 200 },
    );
    const [last] = deployments;
    if (last === undefined) throw new Error(`${name} has no deployment`);
    return last;
  }
}

/** What is wrong with which. */
async function troublesOf(
  services: readonly FleetService[],
  check: (service: FleetService) => Promise<void>,
): Promise<string[]> {
  const found = await Promise.all(
    services.map((service) =>
      check(service).then(
        () => null,
        (error: unknown) => `${service.container}: ${String(error)}`,
      ),
    ),
  );
  return found.filter((each) => each !== null);
}
