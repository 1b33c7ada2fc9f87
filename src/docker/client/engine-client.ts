import type { Engine } from '../../domain/settings/configuration.js';
import type { RestartPolicy } from '../../domain/rollout/container-state.js';
import type { Secret } from '../../domain/secrets/secret.js';
import { EngineConnection } from './engine-connection.js';
import { askInfo, FactsOfEngine, type EngineFacts } from './engine-facts.js';
import { EngineFiles } from './engine-files.js';
import { EngineExec } from './engine-exec.js';
import { EngineImages } from './engine-images.js';
import { lastLines } from './engine-logs.js';
import { EngineNetworks } from './engine-networks.js';
import type {
  ContainerInspection,
  ImageInspection,
  ListedContainer,
} from '../inspection/inspection.js';
import { PullFailedError, readPullProgress } from './pull-progress.js';

/** How long a stop may take beyond the container's own stop timeout, in milliseconds. */
const STOP_MARGIN_MS = 20_000;
const START_MS = 60_000;
const DEFAULT_STOP_TIMEOUT_S = 10;
const WATCHED_EVENTS = ['start', 'die', 'oom', 'health_status', 'stop', 'destroy', 'rename'];

export interface ContainerSummary {
  readonly id: string;
  /** Without leading slashes. */
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly imageId: string;
}

/** Credentials with the fields of the Engine API's `X-Registry-Auth`. Secrets are revealed only when they are sent. */
export type EngineCredentials = Readonly<Record<string, string | Secret>>;

/**
 * The Engine API as Deploy uses it, one client per configured engine. Every method throws EngineError. After an
 * error, inspect the engine again: it completes calls even if their client is gone.
 */
export class EngineClient {
  readonly #connection: EngineConnection;
  readonly #facts: FactsOfEngine;
  readonly images: EngineImages;
  readonly networks: EngineNetworks;
  readonly files: EngineFiles;
  readonly hooks: EngineExec;

  constructor(readonly engine: Engine) {
    this.#connection = new EngineConnection(engine);
    this.#facts = new FactsOfEngine(this.#connection);
    this.images = new EngineImages(this.#connection);
    this.networks = new EngineNetworks(this.#connection);
    this.files = new EngineFiles(this.#connection);
    this.hooks = new EngineExec(this.#connection);
  }

  /** Facts about the engine, cached for some seconds. */
  facts(): Promise<EngineFacts> {
    return this.#facts.ask();
  }

  /** Whether the last successful answer came at most this many milliseconds ago. */
  answeredWithin(milliseconds: number): boolean {
    return this.#connection.answeredWithin(milliseconds);
  }

  /** Throws if the engine does not answer within `deadlineMs`. */
  async ping(deadlineMs: number): Promise<void> {
    await this.#connection.request({
      doing: 'reach the engine',
      method: 'GET',
      path: '/_ping',
      deadlineMs,
    });
  }

  /** The engine's clock, as milliseconds since 1970. */
  async now(): Promise<number> {
    return Date.parse((await askInfo(this.#connection)).SystemTime);
  }

  /**
   * A string that changes when the engine is restarted, because it creates its default bridge at every start.
   * Empty if the engine has none (`--bridge=none`).
   */
  async epoch(): Promise<string> {
    const bridge = await this.#connection.find<{ Id: string; Created: string }>({
      doing: 'look at the default bridge',
      method: 'GET',
      path: '/networks/bridge',
    });
    return bridge === null ? '' : `${bridge.Created} ${bridge.Id}`;
  }

  async containers(filters: Record<string, string[]> = {}): Promise<ContainerSummary[]> {
    const list = await this.#connection.request<ListedContainer[]>({
      doing: 'list containers',
      method: 'GET',
      path: '/containers/json',
      query: { all: true, filters: JSON.stringify(filters) },
    });
    return list.map((each) => ({
      id: each.Id,
      names: (each.Names ?? []).map((name) => name.replace(/^\//, '')),
      labels: each.Labels ?? {},
      imageId: each.ImageID,
    }));
  }

  /** By id or name. Null if there is none. */
  async container(idOrName: string): Promise<ContainerInspection | null> {
    return this.#connection.find<ContainerInspection>({
      doing: `inspect container ${idOrName}`,
      method: 'GET',
      path: `/containers/${idOrName}/json`,
    });
  }

  /** By id, `repository:tag` or `repository@digest`. Null if it is not on the engine. */
  async image(reference: string): Promise<ImageInspection | null> {
    return this.#connection.find<ImageInspection>({
      doing: `inspect image ${reference}`,
      method: 'GET',
      path: `/images/${reference}/json`,
    });
  }

  /**
   * Pulls `repository@digest` and verifies that the image is there: for some failed pulls the engine's progress
   * stream reports no error, so every line is read and the image is inspected afterwards.
   * @throws PullFailedError with the engine's message; EngineError if the engine became unreachable.
   */
  async pull(
    repository: string,
    digest: string,
    options: {
      credentials: EngineCredentials | null;
      platform: string | null;
      signal: AbortSignal;
      /** Gives up if the engine reports nothing for this long, in milliseconds. */
      stallMs: number;
    },
  ): Promise<ImageInspection> {
    const reference = `${repository}@${digest}`;
    const stream = await this.#connection.stream({
      doing: `pull ${reference}`,
      method: 'POST',
      path: '/images/create',
      query: {
        fromImage: repository,
        tag: digest,
        ...(options.platform === null ? {} : { platform: options.platform }),
      },
      credentials: options.credentials === null ? null : revealed(options.credentials),
      deadlineMs: options.stallMs,
      signal: options.signal,
    });
    await readPullProgress(stream, options);
    const image = await this.image(reference);
    if (image === null) throw new PullFailedError(`${reference} is not there after its pull`);
    return image;
  }

  /** Points a local `repository:tag` to an image. */
  async tag(imageId: string, repository: string, tag: string): Promise<void> {
    await this.#connection.request({
      doing: `tag ${repository}:${tag}`,
      method: 'POST',
      path: `/images/${imageId}/tag`,
      query: { repo: repository, tag },
    });
  }

  /** Creates a container and returns its id. */
  async create(
    name: string,
    body: Readonly<Record<string, unknown>>,
    platform: string | null,
  ): Promise<string> {
    const created = await this.#connection.request<{ Id: string }>({
      doing: `create ${name}`,
      method: 'POST',
      path: '/containers/create',
      query: platform === null ? { name } : { name, platform },
      body,
    });
    return created.Id;
  }

  /** Labels of a volume; none if it is gone. */
  async volumeLabels(name: string): Promise<Readonly<Record<string, string>>> {
    const volume = await this.#connection.find<{ Labels: Record<string, string> | null }>({
      doing: `inspect volume ${name}`,
      method: 'GET',
      path: `/volumes/${encodeURIComponent(name)}`,
    });
    return volume?.Labels ?? {};
  }

  /** Sends a signal, by its name, to the container's first process. */
  async signal(id: string, signal: string): Promise<void> {
    await this.#connection.request({
      doing: `send ${signal} to ${id}`,
      method: 'POST',
      path: `/containers/${id}/kill`,
      query: { signal },
    });
  }

  async start(id: string): Promise<void> {
    const request = {
      doing: `start ${id}`,
      method: 'POST',
      path: `/containers/${id}/start`,
    } as const;
    await this.#connection.ensure({ ...request, deadlineMs: START_MS }, 304);
  }

  /** Stops a container by its own signal and timeout (seconds); returns when the engine reports that it is done. */
  async stop(id: string, stopTimeout: number | null): Promise<void> {
    const graceMs = (stopTimeout ?? DEFAULT_STOP_TIMEOUT_S) * 1000;
    const request = {
      doing: `stop ${id}`,
      method: 'POST',
      path: `/containers/${id}/stop`,
    } as const;
    await this.#connection.ensure({ ...request, deadlineMs: graceMs + STOP_MARGIN_MS }, 304);
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#connection.request({
      doing: `rename ${id} to ${name}`,
      method: 'POST',
      path: `/containers/${id}/rename`,
      query: { name },
    });
  }

  /** Removes a stopped container, never its volumes. */
  async remove(id: string): Promise<void> {
    const request = { doing: `remove ${id}`, method: 'DELETE', path: `/containers/${id}` } as const;
    await this.#connection.ensure(request, 404);
  }

  async setRestartPolicy(id: string, policy: RestartPolicy): Promise<void> {
    await this.#connection.request({
      doing: `set the restart policy of ${id}`,
      method: 'POST',
      path: `/containers/${id}/update`,
      body: {
        RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.maximumRetryCount },
      },
    });
  }

  /** The last `count` lines of a container's output; none if its log driver cannot be read. */
  async lastLogLines(id: string, count: number): Promise<string[]> {
    const inspection = await this.container(id);
    if (inspection === null) return [];
    return lastLines(this.#connection, id, count, inspection.Config.Tty === true);
  }

  /**
   * Executes a command in a running container, discards its output and returns its exit code.
   * @throws EngineError with status 408 if the command does not end within `deadlineMs`.
   */
  async exec(id: string, command: readonly string[], deadlineMs: number): Promise<number> {
    return this.hooks.executeWithin(id, command, deadlineMs);
  }

  /**
   * Calls `onEvent` on each event of one container until the signal aborts or the stream ends. Events are only
   * hints to inspect the container again, never the truth.
   */
  async watch(id: string, onEvent: () => void, signal: AbortSignal): Promise<void> {
    const stream = await this.#connection.stream({
      doing: `watch ${id}`,
      method: 'GET',
      path: '/events',
      // Without this filter every health check would cause three events.
      query: {
        filters: JSON.stringify({ type: ['container'], container: [id], event: WATCHED_EVENTS }),
      },
      signal,
    });
    await new Promise<void>((resolve) => {
      const done = (): void => {
        resolve();
      };
      stream.on('data', onEvent).on('end', done).on('close', done).on('error', done);
    });
  }
}

function revealed(credentials: EngineCredentials): Record<string, string> {
  const fields = Object.entries(credentials).map(([field, value]) => [
    field,
    typeof value === 'string' ? value : value.reveal(),
  ]);
  return Object.fromEntries(fields) as Record<string, string>;
}
