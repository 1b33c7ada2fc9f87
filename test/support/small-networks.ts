import type Docker from 'dockerode';
import { waitFor } from './wait-for.js';

/** What is before the name of a network on which new containers wait. */
const WAITING = '0-deploy-wait-';
/** The next network's place among those of eight addresses from 10.128.0.0 on. */
let next = (process.pid % 1_000) * 512;

/** Makes a network of eight addresses: the engine's own choice would soon use all that it has up. */
export async function makeSmallNetwork(docker: Docker, name: string): Promise<string> {
  next += 1;
  const at = next * 8;
  const subnet = `10.${128 + ((at >> 16) & 63)}.${(at >> 8) & 255}.${at & 255}/29`;
  await docker.createNetwork({
    Name: name,
    CheckDuplicate: true,
    IPAM: { Config: [{ Subnet: subnet }] },
  });
  return name;
}

/**
 * Removes it, once the engine counts nobody on it: containers that were just removed may be counted for a moment, and
 * for ever where one was connected by two calls at once, the first of them of a client that was killed.
 */
export async function removeNetwork(docker: Docker, name: string): Promise<void> {
  const network = docker.getNetwork(name);
  const remove = async (): Promise<void> => {
    const { Containers: counted } = (await network.inspect()) as {
      readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null;
    };
    for (const { Name } of Object.values(counted ?? {})) {
      await network.disconnect({ Container: Name, Force: true });
    }
    await network.remove();
  };
  await waitFor('the network to go', () => remove().then(() => true), Boolean, { within: 10_000 });
}

/** The networks of handovers that are there now: all of them, or those behind one network's bridge. */
export async function waitingNetworks(docker: Docker, behind?: string): Promise<string[]> {
  const all = await docker.listNetworks();
  const waiting = all.map(({ Name }) => Name).filter((name) => name.startsWith(WAITING));
  if (behind === undefined) return waiting;
  const { Id = '' } = all.find(({ Name }) => Name === behind) ?? {};
  return waiting.filter((name) => name === `${WAITING}br-${Id.slice(0, 12)}`);
}

/** The networks that a container is on, and whether an alias leads to it there. */
export async function networksOf(
  docker: Docker,
  container: string,
  alias: string,
): Promise<[string, boolean][]> {
  const { NetworkSettings } = await docker.getContainer(container).inspect();
  return Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [
    name,
    ((Aliases as unknown as string[] | null) ?? []).includes(alias),
  ]);
}
