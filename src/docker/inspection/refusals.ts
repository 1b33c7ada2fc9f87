import { nameOf, type ContainerInspection } from './inspection.js';
import { joinedContainer } from './shared-namespace.js';

/** A container id, at least as long as the short form. Anything else is a name that someone chose. */
const CONTAINER_ID = /^[0-9a-f]{12,64}$/;

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
 * Why a container could not be started again once it is stopped; null where it could: it is in a
 * namespace of a container that is gone or does not run. The engine accepts the creation of such
 * a container and refuses only its start, so this has to be asked before anything is stopped.
 * @param brought Ids of those that will be brought up before it.
 */
export function whyNotRestartable(
  container: ContainerInspection,
  others: readonly ContainerInspection[],
  brought: readonly string[] = [],
): string | null {
  const { NetworkMode: network, IpcMode: ipc, PidMode: pid } = container.HostConfig;
  for (const joined of [network, ipc, pid].map(joinedContainer)) {
    if (joined === null) continue;
    const parent = others.find((other) => isMeant(joined, other));
    const name = nameOf(container);
    if (parent !== undefined && brought.includes(parent.Id)) continue;
    if (parent === undefined) {
      return `${name} shares a namespace with container ${joined.slice(0, 12)}, which is gone: once stopped it cannot start again`;
    }
    if (!parent.State.Running) {
      return `${name} shares a namespace with ${nameOf(parent)}, which does not run: once stopped it cannot start again`;
    }
  }
  return null;
}

/** Whether a name, an id or a short id means this container. */
export function isMeant(reference: string, container: ContainerInspection): boolean {
  return isNamedBy(reference, { id: container.Id, names: [nameOf(container)] });
}

/** The same for one that is known by several names. */
export function isNamedBy(
  reference: string,
  { id, names }: { readonly id: string; readonly names: readonly string[] },
): boolean {
  if (names.includes(reference)) return true;
  return CONTAINER_ID.test(reference) && id.startsWith(reference);
}
