import type { NetworkAttachment } from '../../../domain/rollout/intent.js';
import type { ContainerInspection, ImageInspection } from '../../inspection/inspection.js';

/** Everything that determines how a container is recreated. */
export interface ReplacementInput {
  /** The container to replace. */
  readonly container: ContainerInspection;
  /**
   * The image from which it was created, by id (a tag may have moved). Null if it is gone: every value then counts
   * as the user's own.
   */
  readonly oldImage: ImageInspection | null;
  /** The new `Config.Image`, e.g. `acme/web:latest`. */
  readonly image: string;
  /** Id of the image to which `image` refers; null if it is not known yet. */
  readonly newImageId: string | null;
  /** Version of the Engine API for the request and the inspections. */
  readonly apiVersion: string;
  readonly engine: EngineProperties;
  /** Id → name (without slash) of every container on the engine, including stopped ones. */
  readonly containerNames: ReadonlyMap<string, string>;
  /** Inspections of the containers in `VolumesFrom`, if available: they show exactly whose a volume is. */
  readonly volumesFrom?: readonly ContainerInspection[];
  /** Networks to join at the start; default: those of the old container. */
  readonly networks?: readonly NetworkAttachment[];
  /** Our control labels for the new container. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Properties of an engine that affect a container's settings. */
export interface EngineProperties {
  /** `Name` of `GET /info`. */
  readonly hostName: string;
  readonly defaultRuntime: string | null;
  readonly os: string;
  /** As `GET /version` or `GET /info` writes it: `amd64` or `x86_64`. */
  readonly architecture: string;
  /** `CgroupVersion` of `GET /info`; absent if the engine does not report it. */
  readonly cgroupVersion?: string | null;
}
