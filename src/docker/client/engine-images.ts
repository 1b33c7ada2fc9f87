import type { LocalImage } from '../../domain/deployment/image-retention.js';
import type { EngineConnection } from './engine-connection.js';

/** Layers of gigabytes on a slow disk take their time, in milliseconds. */
const REMOVE_MS = 120_000;
/** What engines show for a name that is not there. */
const NONE = '<none>';

/** The images of one engine. Every method throws EngineError. */
export class EngineImages {
  constructor(private readonly connection: EngineConnection) {}

  /** All that have a name or none, without the layers in between. */
  async list(): Promise<LocalImage[]> {
    const list = await this.connection.request<NamedImage[]>({
      doing: 'list images',
      method: 'GET',
      path: '/images/json',
      query: { digests: true },
    });
    return list.map(localImage);
  }

  /** By id. Null where it is not on the engine. */
  async find(id: string): Promise<LocalImage | null> {
    const image = await this.connection.find<NamedImage>({
      doing: `inspect image ${id}`,
      method: 'GET',
      path: `/images/${id}/json`,
    });
    return image === null ? null : localImage(image);
  }

  /**
   * Takes one name from an image, which goes with its last one. One that is gone is no error. Where a
   * container uses the image the engine refuses (409), for it is never forced to.
   */
  async removeName(name: string): Promise<void> {
    await this.connection.ensure(
      {
        doing: `remove image ${name}`,
        method: 'DELETE',
        path: `/images/${name}`,
        // Parents, of images that were built here, are not ours.
        query: { force: false, noprune: true },
        deadlineMs: REMOVE_MS,
      },
      404,
    );
  }
}

interface NamedImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
}

function localImage({ Id, RepoTags, RepoDigests }: NamedImage): LocalImage {
  const isName = (name: string): boolean => !name.includes(NONE);
  return {
    id: Id,
    tags: (RepoTags ?? []).filter(isName),
    digests: (RepoDigests ?? []).filter(isName),
  };
}
