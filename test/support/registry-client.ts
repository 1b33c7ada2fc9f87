import type { Blob, Image, ImageIndex } from './image.js';

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** Just enough of the distribution protocol to play the part of `docker push`. */
export class RegistryClient {
  constructor(
    private readonly url: string,
    private readonly credentials: BasicCredentials | null,
  ) {}

  async ping(): Promise<void> {
    await this.call('GET', '/v2/');
  }

  /** Pushes and moves the tag; returns the digest that the tag now has. */
  async push(repository: string, tag: string, pushed: Image | ImageIndex): Promise<string> {
    if ('images' in pushed) {
      for (const image of pushed.images) await this.push(repository, image.digest, image);
    } else {
      for (const part of pushed.blobs) await this.pushBlob(repository, part);
    }
    await this.call('PUT', `/v2/${repository}/manifests/${tag}`, {
      body: pushed.manifest.bytes,
      headers: { 'content-type': pushed.manifest.mediaType },
    });
    return pushed.digest;
  }

  /** Null where there is no such tag. */
  async digestOf(repository: string, tag: string): Promise<string | null> {
    const accept = ['manifest.v2', 'manifest.list.v2'].map(
      (kind) => `application/vnd.docker.distribution.${kind}+json`,
    );
    const answer = await this.call('HEAD', `/v2/${repository}/manifests/${tag}`, {
      headers: { accept: accept.join(', ') },
      allow: [404],
    });
    return answer.status === 404 ? null : answer.headers.get('docker-content-digest');
  }

  /** Deletes the manifest; every tag that has it is gone with it. */
  async delete(repository: string, digest: string): Promise<void> {
    await this.call('DELETE', `/v2/${repository}/manifests/${digest}`);
  }

  private async pushBlob(repository: string, { digest, bytes }: Blob): Promise<void> {
    const there = await this.call('HEAD', `/v2/${repository}/blobs/${digest}`, { allow: [404] });
    if (there.status === 200) return;
    const started = await this.call('POST', `/v2/${repository}/blobs/uploads/`);
    const target = new URL(started.headers.get('location') ?? '', this.url);
    target.searchParams.set('digest', digest);
    await this.call('PUT', target.pathname + target.search, {
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    });
  }

  private async call(
    method: string,
    path: string,
    options: { body?: Buffer; headers?: Record<string, string>; allow?: readonly number[] } = {},
  ): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    if (this.credentials !== null) {
      const { username, password } = this.credentials;
      headers['authorization'] =
        `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers,
      ...(options.body === undefined ? {} : { body: new Uint8Array(options.body) }),
    });
    // Read to the end, so that the connection is free again.
    const text = await answer.text();
    if (!answer.ok && !(options.allow ?? []).includes(answer.status)) {
      throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    }
    return answer;
  }
}
