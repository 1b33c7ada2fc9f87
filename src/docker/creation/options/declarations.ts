import type { ContainerConfig, ContainerInspection } from '../../inspection/inspection.js';

/**
 * The ports to expose: those that the old image does not expose, and all published ones, because Docker 20.10 silently
 * fails to publish a port without an entry here. None in `container:` mode, in which the engine refuses them (400) and
 * shows only the image's.
 */
export function exposedPortsOf(
  container: ContainerInspection,
  image: ContainerConfig | null,
): Record<string, unknown> | undefined {
  const { NetworkMode: networkMode = '', PortBindings: bindings } = container.HostConfig;
  if (networkMode.startsWith('container:')) return undefined;
  const published = Object.keys(bindings ?? {}).map((port) => [port, {}] as const);
  const own = beyond(container.Config.ExposedPorts, image?.ExposedPorts);
  return unlessBare({ ...own, ...Object.fromEntries(published) });
}

/**
 * The volumes that the user declared without a name (`-v /data`). The mounts keep their data; the declaration keeps
 * the intent visible.
 */
export function declaredVolumesOf(
  container: ContainerInspection,
  image: ContainerConfig | null,
): Record<string, unknown> | undefined {
  return unlessBare(beyond(container.Config.Volumes, image?.Volumes));
}

type Declarations = Readonly<Record<string, unknown>> | null | undefined;

function beyond(container: Declarations, image: Declarations): Record<string, unknown> {
  const ofImage = new Set(Object.keys(image ?? {}));
  return Object.fromEntries(Object.entries(container ?? {}).filter(([key]) => !ofImage.has(key)));
}

function unlessBare(declarations: Record<string, unknown>): Record<string, unknown> | undefined {
  return Object.keys(declarations).length === 0 ? undefined : declarations;
}
