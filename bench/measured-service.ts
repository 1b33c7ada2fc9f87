import type Docker from 'dockerode';
import { freePort } from '../test/support/network-namespace.js';
import { Probe } from '../test/support/probe.js';
import { pull } from '../test/support/pull.js';
import { aSampleApp } from '../test/support/sample-app.js';
import { waitFor } from '../test/support/wait-for.js';
import type { Stage } from './stage.js';

const PROBE_EVERY_MS = 5;
/** Answers of the old version that are seen before anything begins. */
const ANSWERS_BEFORE = 40;

/** How a change of version looked from outside, in milliseconds. */
export interface Change {
  /** From the beginning of what was done to the first good answer of the new version. */
  readonly untilServed: number;
  /** From the last good answer of the old version to the first good one of the new; 0 where they overlap. */
  readonly gap: number;
}

export interface ServiceOptions {
  /** Seconds until its program listens; 0 by default. */
  readonly bootsFor?: number;
  /** A user network to be on instead of publishing a port, with the service's name as alias. */
  readonly network?: string;
  /** Where clients find it; at its published port by default. */
  readonly url?: string;
}

/** A container with a published port, and versions of its image. All contestants have one like it. */
export class MeasuredService {
  #version = 0;

  private constructor(
    readonly stage: Stage,
    /** Also the container's name. */
    readonly name: string,
    readonly port: number,
    private readonly options: ServiceOptions,
  ) {}

  /** With version 1 running. */
  static async start(
    stage: Stage,
    name: string,
    options: ServiceOptions = {},
  ): Promise<MeasuredService> {
    const service = new MeasuredService(stage, name, await freePort(), options);
    await service.pushNext();
    await pull(stage.docker, `${service.image}:latest`);
    const container = await stage.docker.createContainer(
      service.createBody(name, `${service.image}:latest`),
    );
    await container.start();
    await waitFor(
      'version 1',
      () => service.served(),
      (text) => text === service.version,
      { within: 30_000 },
    );
    return service;
  }

  get repository(): string {
    return `bench/${this.name}`;
  }

  /** Without tag. */
  get image(): string {
    return `${this.stage.registryHost}/${this.repository}`;
  }

  get url(): string {
    return this.options.url ?? `http://127.0.0.1:${this.port}/`;
  }

  /** The version that was pushed last. */
  get version(): string {
    return `${this.name} v${this.#version}`;
  }

  /** Pushes the next version as `latest`; returns its digest. */
  pushNext(): Promise<string> {
    this.#version += 1;
    return this.stage.registry.push(
      this.repository,
      'latest',
      aSampleApp({ version: this.version, ...this.boot }),
    );
  }

  private get boot() {
    const { bootsFor } = this.options;
    return bootsFor === undefined ? {} : { bootsFor };
  }

  createBody(name: string, image: string): Docker.ContainerCreateOptions {
    const { network } = this.options;
    if (network !== undefined) {
      return {
        name,
        Image: image,
        HostConfig: { NetworkMode: network, RestartPolicy: { Name: 'always' } },
        NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [this.name] } } },
      };
    }
    return {
      name,
      Image: image,
      HostConfig: {
        PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: `${this.port}` }] },
        RestartPolicy: { Name: 'always' },
      },
    };
  }

  async served(): Promise<string> {
    const answer = await fetch(this.url, { headers: { connection: 'close' } });
    return (await answer.text()).trim();
  }

  /**
   * Watches from outside, with a new connection every 5 ms, while `act` brings the version pushed last
   * into service.
   */
  async observe<T>(
    act: () => Promise<T>,
  ): Promise<{ readonly change: Change; readonly result: T }> {
    const wanted = this.version;
    const probe = Probe.start(this.url, { every: PROBE_EVERY_MS });
    try {
      await waitFor(
        'the old version to be seen',
        () => probe.results.filter(({ status }) => status === 200).length >= ANSWERS_BEFORE,
      );
      const begun = performance.timeOrigin + performance.now();
      const result = await act();
      await waitFor(wanted, () => probe.served.includes(wanted), Boolean, { within: 60_000 });
      await probe.stop();
      return { change: changeSeen(probe, wanted, begun), result };
    } finally {
      await probe.stop();
    }
  }
}

function changeSeen(probe: Probe, wanted: string, begun: number): Change {
  const good = probe.results.filter(({ status }) => status === 200);
  const answeredAt = (isWanted: boolean): number[] =>
    good
      .filter(({ text }) => (text.trim() === wanted) === isWanted)
      .map(({ at, took }) => at + took);
  const firstOfNew = Math.min(...answeredAt(true));
  const lastOfOld = Math.max(...answeredAt(false));
  return { untilServed: firstOfNew - begun, gap: Math.max(0, firstOfNew - lastOfOld) };
}
