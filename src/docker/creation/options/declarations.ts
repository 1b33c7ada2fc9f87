import type { ContainerConfig, ContainerInspection } from '../../inspection/inspection.js';

/**
 * The ports to expose: those that the old image did not, and every published one, because without
 * its entry here an engine of 20.10 silently does not publish it. None in `container:` mode, where
 * the engine refuses them (400) and shows only the image's.
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
 * The volumes that the user declared without a name (`-v /data`). What is in them stays by way of
 * the mounts; the declaration keeps the intent visible.
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
