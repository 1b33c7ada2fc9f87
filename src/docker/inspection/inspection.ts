/**
 * What the Engine API says of containers and images, by its own field names. Only the fields that
 * some rule reads are typed; all others are kept, because settings are copied without knowing them.
 * Engines leave out, empty or null what is not set, depending on their version.
 */
export interface OpenRecord {
  readonly [field: string]: unknown;
}

/** A health check as configured. Durations are in nanoseconds; 0 or absent means "not set". */
export interface HealthCheck extends OpenRecord {
  /** `[]` or absent: inherited; `["NONE"]`: switched off. */
  readonly Test?: readonly string[] | null;
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** `Config` of a container or of an image: what may be set by an image and overridden by a user. */
export interface ContainerConfig extends OpenRecord {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  /** Seconds; only there where the user set one. */
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
  /** Only there where the user set one; gone from API 1.52 on. */
  readonly MacAddress?: string;
  /** As the user wrote it, e.g. `acme/web:latest`. */
  readonly Image?: string;
}

/** An entry of `HostConfig.Mounts`, as it was asked for. */
export interface MountRequest extends OpenRecord {
  readonly Type?: string;
  readonly Source?: string;
  readonly Target?: string;
}

/** What belongs to the host rather than to the image. */
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

/** What is really mounted, named and anonymous volumes alike. */
export interface MountPoint extends OpenRecord {
  readonly Type: string;
  /** Name of the volume; absent for other types. */
  readonly Name?: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly RW?: boolean;
}

/** One attachment to a network: settings and, while it runs, addresses, in one object. */
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

/** Addresses that were asked for. */
export interface EndpointAddresses extends OpenRecord {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[] | null;
}

/** How a container runs, or how its last run ended. */
export interface RunState extends OpenRecord {
  readonly Running: boolean;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  readonly Status?: string;
  readonly StartedAt?: string;
  readonly FinishedAt?: string;
  readonly ExitCode?: number;
  /** The engine's words on a failed start. */
  readonly Error?: string;
  readonly OOMKilled?: boolean;
  readonly Health?: {
    readonly Status?: string;
    /** The last five checks, the oldest first. */
    readonly Log?: readonly { readonly End: string; readonly ExitCode: number }[] | null;
  } | null;
}

/** `GET /containers/<id>/json`. */
export interface ContainerInspection extends OpenRecord {
  readonly Id: string;
  /** With its leading slash. */
  readonly Name: string;
  /** Id of the image that it was created from. */
  readonly Image: string;
  readonly State: RunState;
  readonly RestartCount?: number;
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly Mounts?: readonly MountPoint[] | null;
  readonly NetworkSettings: {
    /** By network name. */
    readonly Networks?: Readonly<Record<string, EndpointSettings>> | null;
    /** What is bound now; null for a port that is not published. */
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
  /** `repository@digest`, for every repository that it was pulled from or pushed to. */
  readonly RepoDigests?: readonly string[] | null;
  readonly Config?: ContainerConfig | null;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
}

/** The container's name without the slash that the engine puts before it. */
export function nameOf(container: Pick<ContainerInspection, 'Name'>): string {
  return container.Name.replace(/^\//, '');
}
