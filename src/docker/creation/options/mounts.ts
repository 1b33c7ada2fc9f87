import type { ContainerInspection, MountPoint, MountRequest } from '../../inspection/inspection.js';
import { cleanPath } from './container-path.js';

/**
 * `HostConfig.Mounts` that keep every volume. A volume without a name would be a new, empty one in the new container,
 * so anonymous volumes (an image's `VOLUME`, `-v /data`, a mount without a source) are requested by the names that the
 * engine gave them.
 *
 * Destinations that the user's own `Binds`, `Mounts` or `Tmpfs` already cover are left out, because the engine refuses
 * duplicates (400), and so are those that come with `VolumesFrom`.
 */
export function mountsOf(
  container: ContainerInspection,
  volumesFrom: readonly ContainerInspection[] | undefined,
): readonly MountRequest[] | undefined {
  const own = (container.HostConfig.Mounts ?? []).map((mount) => withSource(mount, container));
  const covered = new Set(coveredDestinations(container));
  const anonymous = volumesOf(container)
    .filter(({ Destination: destination }) => !covered.has(cleanPath(destination)))
    .filter((mount) => !isFromOther(mount, container, volumesFrom))
    .sort((one, other) => (one.Destination < other.Destination ? -1 : 1))
    .map(namedMount);
  const all = [...own, ...anonymous];
  return all.length === 0 ? undefined : all;
}

/** `HostConfig.Binds`; a bare destination, which is an anonymous volume, gets the volume's name. */
export function bindsOf(container: ContainerInspection): readonly string[] | undefined {
  return container.HostConfig.Binds?.map((bind) => {
    const name = bind.includes(':') ? undefined : volumeAt(container, bind)?.Name;
    return name === undefined ? bind : `${name}:${bind}`;
  });
}

function withSource(mount: MountRequest, container: ContainerInspection): MountRequest {
  const isAnonymous = (mount.Source ?? '') === '';
  const name = isAnonymous ? volumeAt(container, mount.Target ?? '')?.Name : undefined;
  return name === undefined ? mount : { ...mount, Source: name };
}

function coveredDestinations({ HostConfig: host }: ContainerInspection): string[] {
  const ofBinds = (host.Binds ?? []).map((bind) => bind.split(':')[1] ?? bind);
  const ofMounts = (host.Mounts ?? []).map((mount) => mount.Target ?? '');
  return [...ofBinds, ...ofMounts, ...Object.keys(host.Tmpfs ?? {})].map(cleanPath);
}

/**
 * Whether a volume comes from a container in `VolumesFrom`, i.e. that container has the same volume at the same place.
 * If those containers are not known, every volume that neither the image nor the user declared counts.
 */
function isFromOther(
  mount: Volume,
  container: ContainerInspection,
  volumesFrom: readonly ContainerInspection[] | undefined,
): boolean {
  if ((container.HostConfig.VolumesFrom ?? []).length === 0) return false;
  if (volumesFrom === undefined) {
    const declared = Object.keys(container.Config.Volumes ?? {}).map(cleanPath);
    return !declared.includes(cleanPath(mount.Destination));
  }
  return volumesFrom.some((other) => volumeAt(other, mount.Destination)?.Name === mount.Name);
}

function namedMount(mount: Volume): MountRequest {
  const driver = mount.Driver ?? 'local';
  return {
    Type: 'volume',
    Source: mount.Name,
    Target: mount.Destination,
    ...(mount.RW === false ? { ReadOnly: true } : {}),
    ...(driver === 'local' ? {} : { VolumeOptions: { DriverConfig: { Name: driver } } }),
  };
}

/** The volume mounted at a destination. */
export function volumeAt(container: ContainerInspection, destination: string): Volume | undefined {
  return volumesOf(container).find(
    (mount) => cleanPath(mount.Destination) === cleanPath(destination),
  );
}

/** A mounted volume. */
export type Volume = MountPoint & { readonly Name: string };

function volumesOf(container: ContainerInspection): Volume[] {
  return (container.Mounts ?? []).filter(isVolume);
}

function isVolume(mount: MountPoint): mount is Volume {
  return mount.Type === 'volume' && mount.Name !== undefined;
}
