import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { rigBusybox } from './rig-environment.js';
import { tar, type TarEntry } from './tar.js';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** The part of an image's configuration that tests set; keys are the engine's own. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  /** Times in nanoseconds. */
  readonly Healthcheck?: {
    readonly Test: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly Retries?: number;
  };
}

/** Something a registry keeps under its digest. */
export interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An image ready to be pushed. Equal input gives an equal digest. */
export interface Image {
  /** What a registry answers for its tag, and what Deploy pulls by. */
  readonly digest: string;
  /** The engine's image id. */
  readonly imageId: string;
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
}

/** Several images under one tag, by platform. */
export interface ImageIndex {
  readonly digest: string;
  readonly manifest: Blob;
  readonly images: readonly Image[];
}

/** An image from layers of files. Made in this process: no engine and no build is needed. */
export function anImage(config: ImageConfig, layers: readonly (readonly TarEntry[])[]): Image {
  const packed = layers.map((entries) => packLayer(tar(entries)));
  return assemble(config, packed);
}

/** As `anImage`, with busybox (and `/bin/sh`) below the given files. */
export function aBusyboxImage(config: ImageConfig, files: readonly TarEntry[] = []): Image {
  return assemble(config, [busyboxLayer(), ...(files.length > 0 ? [packLayer(tar(files))] : [])]);
}

/** The images in the order given, each said to be for this machine's platform unless told otherwise. */
export function anImageIndex(
  images: readonly { image: Image; architecture?: string }[],
): ImageIndex {
  const manifest = blob(
    MANIFEST_LIST,
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST_LIST,
        manifests: images.map(({ image, architecture }) => ({
          ...described(image.manifest),
          platform: { architecture: architecture ?? machineArchitecture(), os: 'linux' },
        })),
      }),
    ),
  );
  return { digest: manifest.digest, manifest, images: images.map(({ image }) => image) };
}

interface Layer {
  readonly blob: Blob;
  readonly diffId: string;
}

function assemble(config: ImageConfig, layers: readonly Layer[]): Image {
  const configuration = blob(
    CONFIG,
    Buffer.from(
      JSON.stringify({
        architecture: machineArchitecture(),
        os: 'linux',
        created: '2026-01-01T00:00:00Z',
        config,
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history: layers.map(() => ({ created: '2026-01-01T00:00:00Z', created_by: 'rig' })),
      }),
    ),
  );
  const manifest = blob(
    MANIFEST,
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: described(configuration),
        layers: layers.map((layer) => described(layer.blob)),
      }),
    ),
  );
  return {
    digest: manifest.digest,
    imageId: configuration.digest,
    manifest,
    blobs: [configuration, ...layers.map((layer) => layer.blob)],
  };
}

function packLayer(archive: Buffer): Layer {
  return { blob: blob(LAYER, gzipSync(archive, { level: 1 })), diffId: digestOf(archive) };
}

let busybox: Layer | null = null;
function busyboxLayer(): Layer {
  busybox ??= packLayer(
    tar([
      { path: 'bin/' },
      { path: 'bin/busybox', content: readFileSync(rigBusybox()), mode: 0o755 },
      ...['sh', 'cat', 'sleep', 'true', 'false', 'wget', 'touch', 'rm', 'mkdir', 'id', 'env'].map(
        (name) => ({ path: `bin/${name}`, linkTo: 'busybox' }),
      ),
      { path: 'tmp/', mode: 0o1777 },
    ]),
  );
  return busybox;
}

function blob(mediaType: string, bytes: Buffer): Blob {
  return { digest: digestOf(bytes), mediaType, bytes };
}

function described({ mediaType, digest, bytes }: Blob): object {
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function machineArchitecture(): string {
  return { x64: 'amd64', arm: 'arm', arm64: 'arm64' }[process.arch as string] ?? process.arch;
}
