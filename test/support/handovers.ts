import type Docker from 'dockerode';
import { onTestFinished } from 'vitest';
import type { Scenario } from './scenario.js';
import { sharedRig, uniqueName } from './shared-rig.js';
import { waitingNetworks } from './small-networks.js';
import { waitFor } from './wait-for.js';

/** Lines of a service that is deployed by handover. */
export function withRollout(rollout: string): readonly string[] {
  return ['tag: latest', `rollout: { strategy: handover, ${rollout} }`];
}

/** A network of the test's own. */
export function aNetwork(options: Partial<Docker.NetworkCreateOptions> = {}): {
  name: string;
  make: (docker: Docker) => Promise<void>;
} {
  const name = uniqueName('net');
  return {
    name,
    make: async (docker) => {
      const made = await docker.createNetwork({ ...options, Name: name, CheckDuplicate: true });
      onTestFinished(() => made.remove());
    },
  };
}

/** What an inspection tells of a container's networks and ports, without what the engine works out anew. */
export async function wiring(scenario: Pick<Scenario, 'inspect'>): Promise<object> {
  const { Id, HostConfig, NetworkSettings } = await scenario.inspect();
  return {
    mode: HostConfig.NetworkMode,
    restart: HostConfig.RestartPolicy,
    ports: NetworkSettings.Ports,
    networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([name, { Aliases, IPAMConfig, Links }]) => [
        name,
        {
          aliases: ((Aliases as string[] | null) ?? []).filter((alias) => !Id.startsWith(alias)),
          IPAMConfig: IPAMConfig as object | null,
          Links: Links as unknown,
        },
      ]),
    ),
  };
}

/** The waiting network is gone, once no test beside this one needs it. */
export async function expectNoWaitingNetwork(): Promise<void> {
  await waitFor(
    'the waiting networks to go',
    () => waitingNetworks(sharedRig().docker),
    (networks) => networks.length === 0,
    { within: 60_000, every: 200 },
  );
}
