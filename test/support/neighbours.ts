import type Docker from 'dockerode';
import type { Scenario } from './scenario.js';
import { waitFor } from './wait-for.js';

/** What a scenario tells of itself, whatever Deploy it plays with. */
type Host = Pick<Scenario, 'stage' | 'container' | 'image' | 'removeAtTheEnd'>;

/** Containers that a test makes beside the service's, and what it looks at of them. */
export class Neighbours {
  readonly #names: string[] = [];

  constructor(private readonly scenario: Host) {}

  /**
   * Runs a container of the service's image that only waits.
   * @param name Last part of its name, which is returned.
   */
  async add(name: string, options: Docker.ContainerCreateOptions = {}): Promise<string> {
    const fullName = `${this.scenario.container}-${name}`;
    await this.addNamed(fullName, options);
    return fullName;
  }

  /** The same under a name of its own. */
  async addNamed(fullName: string, options: Docker.ContainerCreateOptions): Promise<void> {
    const { stage } = this.scenario;
    this.scenario.removeAtTheEnd(fullName);
    this.#names.push(fullName);
    const mode = options.HostConfig?.NetworkMode;
    const made = await stage.docker.createContainer({
      name: fullName,
      Image: this.scenario.image(),
      Entrypoint: ['/bin/sleep', '1000'],
      StopSignal: 'SIGKILL',
      // That of the service's image finds something only in the service's network.
      Healthcheck: { Test: ['NONE'] },
      ...options,
      HostConfig: {
        RestartPolicy: { Name: 'always' },
        ...options.HostConfig,
        ...(mode === undefined ? {} : { NetworkMode: `container:${mode}` }),
      },
    });
    await made.start();
  }

  inspect(...names: readonly string[]): Promise<Docker.ContainerInspectInfo[]> {
    return Promise.all(
      names.map((name) => this.scenario.stage.docker.getContainer(name).inspect()),
    );
  }

  /** What each of them is served by the service. */
  async served(...names: readonly string[]): Promise<string[]> {
    const isHost = (name: string): boolean => !this.#names.includes(name);
    const host = names.find(isHost) ?? '127.0.0.1';
    return Promise.all(
      names
        .filter((name) => !isHost(name))
        .map((name) =>
          waitFor(`${name} to be served`, () => this.get(name, `http://${host}:8080/`), Boolean),
        ),
    );
  }

  /** Names of all neighbours, the temporary ones too. */
  async names(): Promise<string[]> {
    const list = await this.scenario.stage.docker.listContainers({ all: true });
    return list
      .flatMap((each) => each.Names.map((name) => name.slice(1)))
      .filter((name) => !name.includes('/') && name.startsWith(`${this.scenario.container}-`))
      .sort();
  }

  private async get(name: string, url: string): Promise<string> {
    const container = this.scenario.stage.docker.getContainer(name);
    const exec = await container.exec({
      Cmd: ['wget', '-q', '-O', '-', url],
      AttachStdout: true,
      Tty: true,
    });
    const stream = await exec.start({ Tty: true });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return /v\d+/.exec(text)?.[0] ?? '';
  }
}
