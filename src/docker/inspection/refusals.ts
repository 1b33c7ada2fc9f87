import { nameOf, type ContainerInspection } from './inspection.js';
import { joinedContainer } from './shared-namespace.js';

/** A container id, at least as long as the short form. Anything else is a name that a user chose. */
const CONTAINER_ID = /^[0-9a-f]{12,64}$/;

/**
 * Why we must not replace a container, human-readable; null if we may. A container that is managed by another system
 * would be restored or duplicated by it; replacing our own would stop us half-way.
 *
 * `self.hostname` is our own host name: in a container it is the beginning of the container's id, unless a host name
 * was set or the host's network is used.
 */
export function whyUnsupported(
  container: ContainerInspection,
  self: { readonly hostname: string },
): string | null {
  const labels = container.Config.Labels ?? {};
  const has = (prefix: string): boolean =>
    Object.keys(labels).some((label) => label.startsWith(prefix));
  const name = nameOf(container);
  if (has('com.docker.swarm.')) return `${name} is a task of a Swarm service, which manages it`;
  if (has('io.kubernetes.')) return `${name} belongs to Kubernetes, which manages it`;
  if (labels['com.docker.compose.oneoff']?.toLowerCase() === 'true') {
    return `${name} is a one-off container of "compose run", not a service`;
  }
  if (CONTAINER_ID.test(self.hostname) && container.Id.startsWith(self.hostname)) {
    return `${name} is the container in which Deploy itself runs`;
  }
  return null;
}

/**
 * Why a container could not be started again once it is stopped, because it shares a namespace with a container that
 * is gone or not running; null if it could. The engine accepts the creation of such a container and only refuses its
 * start, so check this before stopping anything.
 * @param brought Ids of containers that will be brought up before it.
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

/** Whether a name, an id or a short id refers to this container. */
export function isMeant(reference: string, container: ContainerInspection): boolean {
  return isNamedBy(reference, { id: container.Id, names: [nameOf(container)] });
}

/** The same for a container with several names. */
export function isNamedBy(
  reference: string,
  { id, names }: { readonly id: string; readonly names: readonly string[] },
): boolean {
  if (names.includes(reference)) return true;
  return CONTAINER_ID.test(reference) && id.startsWith(reference);
}
