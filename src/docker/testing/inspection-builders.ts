import type {
  ContainerConfig,
  ContainerInspection,
  EndpointSettings,
  HostConfig,
  ImageInspection,
  MountPoint,
  RunState,
} from '../inspection/inspection.js';
import type { ReplacementInput } from '../creation/options/replacement-input.js';

export const CONTAINER_ID = '0123456789ab'.padEnd(64, 'c');
export const IMAGE_ID = `sha256:${'1'.repeat(64)}`;

interface ContainerParts {
  readonly Id?: string;
  readonly Name?: string;
  readonly Image?: string;
  readonly State?: Partial<RunState>;
  readonly Config?: ContainerConfig;
  readonly HostConfig?: HostConfig;
  readonly Mounts?: readonly MountPoint[];
  /** Attachments by network name. */
  readonly networks?: Readonly<Record<string, EndpointSettings>>;
}

/** A running container as an engine of API 1.41 shows it after `docker run --name web acme/web`. */
export function aContainer(parts: ContainerParts = {}): ContainerInspection {
  const { Id: id = CONTAINER_ID } = parts;
  return {
    Id: id,
    Name: parts.Name ?? '/web',
    Image: parts.Image ?? IMAGE_ID,
    State: { Status: 'running', Running: true, ...parts.State },
    Mounts: parts.Mounts ?? [],
    NetworkSettings: { Networks: parts.networks ?? { bridge: {} } },
    Config: { Hostname: id.slice(0, 12), Image: 'acme/web:latest', ...parts.Config },
    HostConfig: { NetworkMode: 'default', Runtime: 'runc', ...parts.HostConfig },
  };
}

/** An image; by default it sets nothing. */
export function anImage(
  config: ContainerConfig = {},
  parts: Partial<ImageInspection> = {},
): ImageInspection {
  return { Id: IMAGE_ID, Os: 'linux', Architecture: 'amd64', Config: config, ...parts };
}

/** A replacement on an engine of API 1.41 for a container whose image sets nothing. */
export function aReplacementInput(parts: Partial<ReplacementInput> = {}): ReplacementInput {
  return {
    container: aContainer(),
    oldImage: anImage(),
    image: 'acme/web:latest',
    newImageId: null,
    apiVersion: '1.41',
    engine: { hostName: 'host-1', defaultRuntime: 'runc', os: 'linux', architecture: 'amd64' },
    containerNames: new Map(),
    labels: {},
    ...parts,
  };
}
