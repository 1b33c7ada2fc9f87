import type { LocalImage } from '../../domain/deployment/image-retention.js';
import type { EngineConnection } from './engine-connection.js';

/** Large layers on a slow disk take long to remove, in milliseconds. */
const REMOVE_MS = 120_000;
/** What engines show in place of a missing name. */
const NONE = '<none>';

/** The images of one engine. Every method throws EngineError. */
export class EngineImages {
  constructor(private readonly connection: EngineConnection) {}

  /** All images, with or without a name, but without intermediate layers. */
  async list(): Promise<LocalImage[]> {
    const list = await this.connection.request<NamedImage[]>({
      doing: 'list images',
      method: 'GET',
      path: '/images/json',
      query: { digests: true },
    });
    return list.map(localImage);
  }

  /** By id. Null if it is not on the engine. */
  async find(id: string): Promise<LocalImage | null> {
    const image = await this.connection.find<NamedImage>({
      doing: `inspect image ${id}`,
      method: 'GET',
      path: `/images/${id}/json`,
    });
    return image === null ? null : localImage(image);
  }

  /**
   * Removes one name of an image; the image goes with its last one. A missing name is no error. If a container uses
   * the image, the engine refuses (409), because removal is never forced.
   */
  async removeName(name: string): Promise<void> {
    await this.connection.ensure(
      {
        doing: `remove image ${name}`,
        method: 'DELETE',
        path: `/images/${name}`,
        // Parents of images that were built on this machine are not ours.
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
