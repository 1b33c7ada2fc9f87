import type { NetworkAttachment } from '../../../domain/rollout/intent.js';
import type { ContainerInspection, ImageInspection } from '../../inspection/inspection.js';

/** Everything that decides how a container is created anew. */
export interface ReplacementInput {
  /** The container to be replaced. */
  readonly container: ContainerInspection;
  /**
   * The image that it was created from, by its id (a tag may have moved). Null where it is gone:
   * then every value counts as the user's own.
   */
  readonly oldImage: ImageInspection | null;
  /** What `Config.Image` shall say, e.g. `acme/web:latest`. */
  readonly image: string;
  /** Id of the image that `image` stands for; null where it is not known yet. */
  readonly newImageId: string | null;
  /** Version of the Engine API in which the request is made and the inspections were read. */
  readonly apiVersion: string;
  readonly engine: EngineProperties;
  /** Id → name, without slash, of every container on the engine, stopped ones too. */
  readonly containerNames: ReadonlyMap<string, string>;
  /** Inspections of the containers in `VolumesFrom`, where the caller has them: tells exactly whose volume one is. */
  readonly volumesFrom?: readonly ContainerInspection[];
  /** The networks to be on at the start; those of the old container where it is left out. */
  readonly networks?: readonly NetworkAttachment[];
  /** Our control labels for the new container. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What of the engine bears on a container's settings. */
export interface EngineProperties {
  /** `Name` of `GET /info`. */
  readonly hostName: string;
  readonly defaultRuntime: string | null;
  readonly os: string;
  /** As `GET /version` or `GET /info` writes it: `amd64` or `x86_64`. */
  readonly architecture: string;
  /** `CgroupVersion` of `GET /info`; absent where the engine does not say. */
  readonly cgroupVersion?: string | null;
}
