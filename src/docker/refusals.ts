import { nameOf, type ContainerInspection } from './inspection.js';
import { linkTarget } from './options/links.js';
import { joinedContainer } from './options/shared-namespace.js';

/** A container id, at least as long as the short form. Anything else is a name that someone chose. */
const CONTAINER_ID = /^[0-9a-f]{12,64}$/;
const DEFAULT_BRIDGE = 'bridge';

/** How one container needs another one to be the very same container. */
export interface Dependent {
  /** Name of the container that depends. */
  readonly name: string;
  readonly by: 'network' | 'ipc' | 'pid' | 'link';
}

/**
 * Why a container may not be replaced by us, in words; null where it may. Those that something else
 * looks after would be put back, or doubled, by it; our own would stop us half way.
 *
 * `self.hostname` is our own host name: in a container it is the beginning of its id, unless one was
 * set or the host's network is used.
 */
export function whyUnsupported(
  container: ContainerInspection,
  self: { readonly hostname: string },
): string | null {
  const labels = container.Config.Labels ?? {};
  const has = (prefix: string): boolean =>
    Object.keys(labels).some((label) => label.startsWith(prefix));
  const name = nameOf(container);
  if (has('com.docker.swarm.')) return `${name} is a task of a Swarm service, which looks after it`;
  if (has('io.kubernetes.')) return `${name} belongs to Kubernetes, which looks after it`;
  if (labels['com.docker.compose.oneoff']?.toLowerCase() === 'true') {
    return `${name} is a one-off container of "compose run", not a service`;
  }
  if (CONTAINER_ID.test(self.hostname) && container.Id.startsWith(self.hostname)) {
    return `${name} is the container that Deploy itself runs in`;
  }
  return null;
}

/**
 * Which containers would break if this one were replaced by another: those in one of its namespaces
 * (the engine binds them to its id; they cannot start again without it), and those with a legacy link
 * to it on the default bridge. Stopped ones count. Links on user networks go by name and volumes were
 * resolved when a container was created: both survive.
 */
export function dependentsOf(
  container: ContainerInspection,
  others: readonly ContainerInspection[],
): Dependent[] {
  return others
    .filter((other) => other.Id !== container.Id)
    .flatMap((other) =>
      waysOfDepending(other, container).map((by) => ({ name: nameOf(other), by })),
    );
}

/**
 * Why a container could not be started again once it is stopped; null where it could: it is in a
 * namespace of a container that is gone or does not run. The engine accepts the creation of such
 * a container and refuses only its start, so this has to be asked before anything is stopped.
 */
export function whyNotRestartable(
  container: ContainerInspection,
  others: readonly ContainerInspection[],
): string | null {
  const { NetworkMode: network, IpcMode: ipc, PidMode: pid } = container.HostConfig;
  for (const joined of [network, ipc, pid].map(joinedContainer)) {
    if (joined === null) continue;
    const parent = others.find((other) => isMeant(joined, other));
    const name = nameOf(container);
    if (parent === undefined) {
      return `${name} shares a namespace with container ${joined.slice(0, 12)}, which is gone: once stopped it cannot start again`;
    }
    if (!parent.State.Running) {
      return `${name} shares a namespace with ${nameOf(parent)}, which does not run: once stopped it cannot start again`;
    }
  }
  return null;
}

function waysOfDepending(
  dependent: ContainerInspection,
  on: ContainerInspection,
): Dependent['by'][] {
  const { NetworkMode: network, IpcMode: ipc, PidMode: pid, Links: links } = dependent.HostConfig;
  const joins = (mode: string | undefined): boolean => {
    const joined = joinedContainer(mode);
    return joined !== null && isMeant(joined, on);
  };
  const isOnDefaultBridge = DEFAULT_BRIDGE in (dependent.NetworkSettings.Networks ?? {});
  const isLinked = (links ?? []).some((link) => isMeant(linkTarget(link), on));
  const ways: [Dependent['by'], boolean][] = [
    ['network', joins(network)],
    ['ipc', joins(ipc)],
    ['pid', joins(pid)],
    ['link', isOnDefaultBridge && isLinked],
  ];
  return ways.filter(([, applies]) => applies).map(([by]) => by);
}

/** Whether a name, an id or a short id means this container. */
function isMeant(reference: string, container: ContainerInspection): boolean {
  if (reference === nameOf(container)) return true;
  return CONTAINER_ID.test(reference) && container.Id.startsWith(reference);
}
