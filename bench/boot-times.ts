import { DeployProcess } from '../test/support/deploy-process.js';
import { startProxy } from '../test/support/proxy-rig.js';
import { waitFor } from '../test/support/wait-for.js';
import { replaceByCommandLine } from './bare-replacement.js';
import { deployConfiguration } from './deploy-configuration.js';
import { replaceByHook } from './deploy-replacement.js';
import { MeasuredService, type Change } from './measured-service.js';
import type { Stage } from './stage.js';

/** Seconds that the apps take until they listen. */
export const BOOT_TIMES = [0, 2, 8] as const;
const STRATEGIES = ['recreate', 'start-first', 'handover'] as const;
type Contestant = (typeof STRATEGIES)[number] | 'stop + start';
const NETWORK = 'bench-front';
/** Asked from outside: a HEALTHCHECK every 100 ms would keep this machine busy with its processes alone. */
const HEALTH = 'health: { http: { port: 8080, path: /, interval: 100ms } }';

/** What a contestant did with an app of one boot time, in the order of the rounds. */
export interface BootTimes {
  readonly bootsFor: number;
  readonly changes: ReadonlyMap<Contestant, readonly Change[]>;
}

/**
 * Replaces containers whose apps take 0, 2 and 8 s to boot, by each strategy and by `docker stop` and
 * `docker start`, in turns. `start-first` stands behind nginx on a network of its own; the others publish
 * their port.
 */
export async function measureBootTimes(
  stage: Stage,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly BootTimes[]> {
  await stage.docker.createNetwork({ Name: NETWORK, CheckDuplicate: true });
  const proxy = await startProxy(stage, NETWORK, 'nginx');
  const results: BootTimes[] = [];
  for (const bootsFor of BOOT_TIMES) {
    say(`Apps that boot for ${bootsFor} s: ${rounds} rounds.`);
    results.push({ bootsFor, changes: await measureOne(stage, bootsFor, rounds, proxy) });
  }
  return results;
}

async function measureOne(
  stage: Stage,
  bootsFor: number,
  rounds: number,
  proxy: number,
): Promise<ReadonlyMap<Contestant, readonly Change[]>> {
  const options = bootsFor === 0 ? {} : { bootsFor };
  const nameOf = (contestant: string): string => `bench-boot-${bootsFor}-${contestant}`;
  const url = `http://127.0.0.1:${proxy}/${nameOf('start-first')}/`;
  const services = new Map<(typeof STRATEGIES)[number], MeasuredService>();
  for (const strategy of STRATEGIES) {
    const place = strategy === 'start-first' ? { network: NETWORK, url } : {};
    const service = await MeasuredService.start(stage, nameOf(strategy), { ...options, ...place });
    services.set(strategy, service);
  }
  const typed = await MeasuredService.start(stage, nameOf('typed'), options);
  const deploy = await DeployProcess.start({
    configuration: deployConfiguration(
      stage,
      stage.registryHost,
      ...[...services].map(([strategy, { name, image }]) => ({
        name: strategy,
        container: name,
        image,
        // Two seconds, for the proxy to learn of the new one.
        rollout: `{ strategy: ${strategy}, watch: 1s, drain: { wait: 2s }, ${HEALTH} }`,
      })),
    ),
  });
  const changes = new Map<Contestant, Change[]>();
  const add = (contestant: Contestant, change: Change): void => {
    changes.set(contestant, [...(changes.get(contestant) ?? []), change]);
  };
  let pushedAt = 1_700_000_000;
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [strategy, service] of services) {
        await service.pushNext();
        pushedAt += 1;
        add(strategy, (await replaceByHook(deploy, service, pushedAt)).change);
      }
      const digest = await typed.pushNext();
      add('stop + start', await replaceByCommandLine(typed, digest));
      await waitFor('it to serve', () => typed.served());
    }
    return changes;
  } finally {
    await deploy.remove();
  }
}
