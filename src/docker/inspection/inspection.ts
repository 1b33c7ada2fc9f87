/**
 * Containers and images as the Engine API describes them, with its own field names. Only fields that some rule reads
 * are typed; all others are kept, because settings are copied without knowing them. Depending on their version,
 * engines omit unset fields or send them empty or as null.
 */
export interface OpenRecord {
  readonly [field: string]: unknown;
}

/** A health check as configured. Durations are in nanoseconds; 0 or absent means "not set". */
export interface HealthCheck extends OpenRecord {
  /** `[]` or absent: inherited; `["NONE"]`: disabled. */
  readonly Test?: readonly string[] | null;
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** `Config` of a container or an image: settings that an image may set and a user may override. */
export interface ContainerConfig extends OpenRecord {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  /** Seconds; only present if the user set one. */
  readonly StopTimeout?: number | null;
  readonly Tty?: boolean;
  readonly Shell?: readonly string[] | null;
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  readonly Volumes?: Readonly<Record<string, unknown>> | null;
  readonly Healthcheck?: HealthCheck | null;
  /** Only present if the user set one; removed in API 1.52. */
  readonly MacAddress?: string;
  /** As the user wrote it, e.g. `acme/web:latest`. */
  readonly Image?: string;
}

/** An entry of `HostConfig.Mounts`, as requested. */
export interface MountRequest extends OpenRecord {
  readonly Type?: string;
  readonly Source?: string;
  readonly Target?: string;
}

/** Settings that belong to the host rather than to the image. */
export interface HostConfig extends OpenRecord {
  readonly NetworkMode?: string;
  readonly AutoRemove?: boolean;
  readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly UTSMode?: string;
  readonly Binds?: readonly string[] | null;
  readonly Mounts?: readonly MountRequest[] | null;
  readonly Tmpfs?: Readonly<Record<string, string>> | null;
  readonly VolumesFrom?: readonly string[] | null;
  readonly Links?: readonly string[] | null;
  readonly PortBindings?: PortMap | null;
  readonly Sysctls?: Readonly<Record<string, string>> | null;
  readonly Runtime?: string;
  readonly MaskedPaths?: readonly string[] | null;
  readonly ReadonlyPaths?: readonly string[] | null;
  readonly MemorySwappiness?: number | null;
  readonly KernelMemory?: number;
  readonly KernelMemoryTCP?: number;
}

/** By container port and protocol, such as `80/tcp`. */
export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>;

export interface PortBinding {
  readonly HostIp?: string;
  /** Empty: the engine chooses. */
  readonly HostPort?: string;
}

/** An actual mount, including named and anonymous volumes. */
export interface MountPoint extends OpenRecord {
  readonly Type: string;
  /** Name of the volume; absent for other types. */
  readonly Name?: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly RW?: boolean;
}

/** A connection to a network: settings and, while the container runs, addresses, in one object. */
export interface EndpointSettings extends OpenRecord {
  readonly Aliases?: readonly string[] | null;
  readonly IPAMConfig?: EndpointAddresses | null;
  readonly Links?: readonly string[] | null;
  readonly DriverOpts?: Readonly<Record<string, string>> | null;
  readonly GwPriority?: number;
  readonly MacAddress?: string;
  readonly IPAddress?: string;
  readonly NetworkID?: string;
}

/** Requested addresses. */
export interface EndpointAddresses extends OpenRecord {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[] | null;
}

/** The state of a container, or how its last run ended. */
export interface RunState extends OpenRecord {
  readonly Running: boolean;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  readonly Status?: string;
  readonly StartedAt?: string;
  readonly FinishedAt?: string;
  readonly ExitCode?: number;
  /** The engine's message about a failed start. */
  readonly Error?: string;
  readonly OOMKilled?: boolean;
  readonly Health?: {
    readonly Status?: string;
    /** The last five checks, oldest first. */
    readonly Log?: readonly { readonly End: string; readonly ExitCode: number }[] | null;
  } | null;
}

/** `GET /containers/<id>/json`. */
export interface ContainerInspection extends OpenRecord {
  readonly Id: string;
  /** With its leading slash. */
  readonly Name: string;
  /** Id of the image from which it was created. */
  readonly Image: string;
  readonly State: RunState;
  readonly RestartCount?: number;
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly Mounts?: readonly MountPoint[] | null;
  readonly NetworkSettings: {
    /** By network name. */
    readonly Networks?: Readonly<Record<string, EndpointSettings>> | null;
    /** Current bindings; null for a port that is not published. */
    readonly Ports?: PortMap | null;
    readonly [field: string]: unknown;
  };
}

/** An entry of `GET /containers/json`. */
export interface ListedContainer extends OpenRecord {
  readonly Id: string;
  /** With their leading slashes. */
  readonly Names: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly ImageID: string;
}

/** `GET /images/<id>/json`. */
export interface ImageInspection extends OpenRecord {
  readonly Id: string;
  /** `repository@digest` for every repository from which it was pulled or to which it was pushed. */
  readonly RepoDigests?: readonly string[] | null;
  readonly Config?: ContainerConfig | null;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
}

/** The container's name without the engine's leading slash. */
export function nameOf(container: Pick<ContainerInspection, 'Name'>): string {
  return container.Name.replace(/^\//, '');
}
