import Docker from 'dockerode';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { addAbortSignal, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { Engine } from '../../domain/settings/configuration.js';
import { messageOf } from '../../domain/errors.js';
import { engineError, EngineError } from './engine-error.js';

/** The newest API version that this client supports; with older engines it uses theirs. */
const NEWEST_API = '1.47';
const OLDEST_API = '1.41';

/** Deadline of calls that should be answered at once, in milliseconds. */
const QUICK_MS = 30_000;

export interface EngineRequest {
  /** Its purpose, for messages: "cannot <doing>: …". */
  readonly doing: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'HEAD';
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  /** A tar archive to send instead of a body. */
  readonly archive?: Buffer;
  readonly credentials?: object | null;
  /** Milliseconds; default {@link QUICK_MS}. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The connection to one engine. It negotiates the API version (dockerode does not), gives every call a deadline and
 * turns every failure into an {@link EngineError}. It sends a body only as the body: dockerode's own
 * `createContainer(options)` would also put it into the URL.
 */
export class EngineConnection {
  #open: Promise<OpenLine> | null = null;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(readonly engine: Engine) {}

  /** The API version in use: the engine's, but at most the newest that this client supports. */
  async apiVersion(): Promise<string> {
    return (await this.connect(QUICK_MS)).apiVersion;
  }

  /** The open connection; the same object until the engine becomes unreachable. @throws EngineError */
  async line(): Promise<OpenLine> {
    return this.connect(QUICK_MS);
  }

  /** Whether the last successful answer came at most this many milliseconds ago. */
  answeredWithin(milliseconds: number): boolean {
    return performance.now() - this.#answeredAt <= milliseconds;
  }

  /** Sends a request and returns the parsed answer. @throws EngineError */
  async request<T>(request: EngineRequest): Promise<T> {
    return this.send<T>(request, false);
  }

  /** Like {@link request}, but null if the engine answers 404. */
  async find<T>(request: EngineRequest): Promise<T | null> {
    try {
      return await this.send<T>(request, false);
    } catch (error) {
      if (error instanceof EngineError && error.statusCode === 404) return null;
      throw error;
    }
  }

  /** Sends a request whose goal may have been reached already, which the engine reports by `statusCode`. */
  async ensure(request: EngineRequest, statusCode: 304 | 404): Promise<void> {
    try {
      await this.send(request, false);
    } catch (error) {
      if (!(error instanceof EngineError && error.statusCode === statusCode)) throw error;
    }
  }

  /** Reads one header of a path; null if the path does not exist or lacks the header. */
  async header(request: EngineRequest & { readonly header: string }): Promise<string | null> {
    try {
      const signal = AbortSignal.timeout(QUICK_MS);
      const answer = await this.stream({ ...request, signal });
      answer.resume();
      const value = (answer as IncomingMessage).headers[request.header];
      return typeof value === 'string' ? value : null;
    } catch (error) {
      if (error instanceof EngineError && error.statusCode === 404) return null;
      throw error;
    }
  }

  /** Sends a request and returns its answer as a stream. Only its beginning has a deadline; the signal ends it. */
  async stream(request: EngineRequest & { signal: AbortSignal }): Promise<Readable> {
    return this.send<Readable>(request, true);
  }

  private async send<T>(request: EngineRequest, isStream: boolean): Promise<T> {
    const deadlineMs = request.deadlineMs ?? QUICK_MS;
    try {
      const { docker } = await this.connect(deadlineMs);
      const answer = await dial<T>(docker, request, isStream, deadlineMs);
      this.#answeredAt = performance.now();
      return answer;
    } catch (error) {
      const failure = engineError(`cannot ${request.doing}`, error);
      // The engine may come back with another version.
      if (failure.isUnreachable && request.signal?.aborted !== true) this.#open = null;
      throw failure;
    }
  }

  private connect(deadlineMs: number): Promise<OpenLine> {
    this.#open ??= this.negotiate(deadlineMs).catch((error: unknown) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }

  private async negotiate(deadlineMs: number): Promise<OpenLine> {
    const options = connectionOptions(this.engine);
    const told = await dial<{ ApiVersion: string; Version: string; Os: string; Arch: string }>(
      new Docker(options),
      { doing: 'ask for the version', method: 'GET', path: '/version' },
      false,
      deadlineMs,
    );
    const { ApiVersion: offered, Version: version, Os: os, Arch: architecture } = told;
    if (compareVersions(offered, OLDEST_API) < 0) {
      throw new EngineError(
        `it speaks API ${offered}; ${OLDEST_API} (Docker 20.10) or newer is needed`,
        400,
      );
    }
    const apiVersion = compareVersions(offered, NEWEST_API) < 0 ? offered : NEWEST_API;
    const docker = new Docker({ ...options, version: `v${apiVersion}` });
    return { docker, apiVersion, version, os, architecture };
  }
}

/** A connection to an engine that has answered. */
export interface OpenLine {
  readonly docker: Docker;
  readonly apiVersion: string;
  readonly version: string;
  readonly os: string;
  readonly architecture: string;
}

/**
 * One call through docker-modem, for which every 2xx is a success. For a stream, the deadline only covers the
 * beginning. The answer is read here because docker-modem would wait forever for the rest of a truncated one.
 */
async function dial<T>(
  docker: Docker,
  request: EngineRequest,
  isStream: boolean,
  deadlineMs: number,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const late = new EngineError(`no answer within ${String(deadlineMs / 1000)} s`, null);
  const giveUp = new AbortController();
  const onLate = (): void => {
    giveUp.abort(late);
  };
  deadline.addEventListener('abort', onLate);
  const { signal: asked } = request;
  const signal = asked === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, asked]);
  try {
    const answer = await beginOfAnswer(docker, request, signal);
    return (isStream ? answer : await readAnswer(answer, signal)) as T;
  } catch (error) {
    throw giveUp.signal.aborted ? late : error;
  } finally {
    deadline.removeEventListener('abort', onLate);
  }
}

function beginOfAnswer(
  docker: Docker,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: request.query === undefined ? request.path : `${request.path}?`,
        method: request.method,
        options: { _query: request.query ?? {}, _body: request.body ?? {} },
        file: request.archive,
        authconfig: request.credentials ?? undefined,
        abortSignal: signal,
        isStream: true,
        statusCodes: { 200: true, 201: true, 204: true },
      },
      (error: unknown, answer: unknown) => {
        if (error === null || error === undefined) resolve(answer as Readable);
        else reject(error instanceof Error ? error : new Error(messageOf(error)));
      },
    );
  });
}

/** The answer's JSON, or its text if it is not JSON. */
async function readAnswer(answer: Readable, signal: AbortSignal): Promise<unknown> {
  const read = await text(addAbortSignal(signal, answer));
  try {
    return JSON.parse(read);
  } catch {
    return read;
  }
}

/** `agent` is an option of docker-modem that the types of dockerode lack. */
function connectionOptions(engine: Engine): Docker.DockerOptions & { agent: http.Agent } {
  if (engine.host.startsWith('unix://')) {
    const socketPath = engine.host.slice('unix://'.length);
    return {
      ...NOTHING,
      socketPath,
      protocol: 'http',
      agent: terse(new http.Agent(ONE_CALL_EACH)),
    };
  }
  const { hostname, port } = new URL(engine.host);
  if (engine.tls === null) {
    return {
      ...NOTHING,
      host: hostname,
      port: port === '' ? 2375 : Number(port),
      protocol: 'http',
      agent: terse(new http.Agent(ONE_CALL_EACH)),
    };
  }
  const { ca, cert, key } = engine.tls;
  return {
    ...NOTHING,
    host: hostname,
    port: port === '' ? 2376 : Number(port),
    protocol: 'https',
    agent: terse(new https.Agent(ONE_CALL_EACH)),
    ca,
    cert,
    key: key.reveal(),
  };
}

/**
 * Each call uses a new connection. An engine that is shutting down accepts no new ones, but keeps answering on open
 * ones while it stops all containers, and what it reports then would be blamed on a version.
 */
const ONE_CALL_EACH = { keepAlive: false };

/**
 * docker-modem formats the options of every request, including the agent with all its sockets, even if debugging is
 * off; that took a third of the CPU time of a rollout. A terse agent is formatted as its name.
 */
function terse<T extends http.Agent>(agent: T): T {
  return Object.assign(agent, { [inspect.custom]: () => 'agent' });
}

/** Keeps docker-modem from using DOCKER_HOST instead of the configured host. */
const NOTHING = { host: undefined, port: undefined, socketPath: undefined };

function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}
