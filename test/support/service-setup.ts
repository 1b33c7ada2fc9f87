import type Docker from 'dockerode';
import { onTestFinished } from 'vitest';
import { freePort } from './network-namespace.js';
import { pull } from './pull.js';
import type { RegistryClient } from './registry-client.js';
import { theFirst, type SampleApp } from './sample-app.js';
import { sharedRig, uniqueName } from './shared-rig.js';

export const HUB_SECRET = 'hub-secret-of-the-tests-0123456789';

/** Where a scenario plays: the shared rig, unless a test needs an engine or registry of its own. */
export interface Stage {
  readonly docker: Docker;
  readonly engineHost: string;
  readonly registryHost: string;
  readonly registry: RegistryClient;
  /** For the test's own pulls, where the registry asks for one. */
  readonly login?: { username: string; password: string; serveraddress: string };
}

/** What is there before Deploy is. */
export interface SceneOptions {
  /** The version that runs at the start; by default one without a check. Null: no container. */
  readonly app?: SampleApp | null;
  /** The tag under which that version is pushed and run. */
  readonly tag?: string;
  /** `namespace/name` in the registry; one of its own by default. */
  readonly repository?: string;
  /** Laid over the create body of the container. */
  readonly container?: Docker.ContainerCreateOptions;
  /** Lines of YAML for the service, each indented as a key of it. */
  readonly service?: readonly string[];
  /** Lines of YAML for services beside it, the name of each indented by nothing. */
  readonly furtherServices?: readonly string[];
  /** Lines of YAML at the top level. Without a `server` the API is not throttled: tests ask it often. */
  readonly configuration?: readonly string[];
  /** As YAML, in the place of `HUB_SECRET`. */
  readonly webhookSecret?: string;
  readonly stage?: Stage;
  /** Makes on the engine what the container needs, before there is one. */
  readonly prepareEngine?: (docker: Docker) => Promise<void>;
}

/** A service with its running container and a configuration, before there is a Deploy. */
export interface ServiceSetup {
  readonly stage: Stage;
  readonly container: string;
  readonly repository: string;
  readonly port: number;
  readonly firstDigest: string;
  readonly configuration: string;
}

/** Makes all that a scenario needs before Deploy; it is removed after the test. */
export async function setScene(options: SceneOptions): Promise<ServiceSetup> {
  const stage: Stage = options.stage ?? sharedRig();
  const container = uniqueName('web');
  const repository = options.repository ?? `acme/${container}`;
  const port = await freePort();
  const { app = { version: 'v1' }, tag = 'latest' } = options;
  const image = `${stage.registryHost}/${repository}`;
  let firstDigest = '';
  await options.prepareEngine?.(stage.docker);
  onTestFinished(() => removeContainers(stage.docker, container));
  if (app !== null) {
    firstDigest = await stage.registry.push(repository, tag, theFirst(app));
    await pull(stage.docker, `${image}:${tag}`, stage.login);
    const created = await stage.docker.createContainer(
      containerBody(container, `${image}:${tag}`, port, options.container),
    );
    await created.start();
  }
  const configuration = configurationOf(stage, container, image, options);
  return { stage, container, repository, port, firstDigest, configuration };
}

/** What `docker run` of the service would ask the engine for. */
export function containerBody(
  name: string,
  image: string,
  port: number,
  options: Docker.ContainerCreateOptions = {},
): Docker.ContainerCreateOptions {
  return {
    name,
    Image: image,
    ...options,
    HostConfig: {
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      RestartPolicy: { Name: 'always' },
      ...options.HostConfig,
    },
  };
}

/** Removes the containers of a service, under all their names. */
export async function removeContainers(docker: Docker, container: string): Promise<void> {
  const list = await docker.listContainers({ all: true });
  const ours = list.filter((each) =>
    each.Names.some((name) => name === `/${container}` || name.startsWith(`/${container}.`)),
  );
  await Promise.all(
    ours.map((each) => docker.getContainer(each.Id).remove({ force: true, v: true })),
  );
}

function configurationOf(
  stage: Stage,
  container: string,
  image: string,
  options: SceneOptions,
): string {
  const { service = ['tag: latest'], furtherServices = [], configuration = [] } = options;
  const hasServer = configuration.some((line) => line.startsWith('server:'));
  return [
    ...(hasServer ? [] : ['server: { throttle: { api: { limit: 0 } } }']),
    'engines:',
    `  local: { host: "${stage.engineHost}" }`,
    'webhooks:',
    '  hub:',
    '    type: docker-hub',
    `    secret: ${options.webhookSecret ?? HUB_SECRET}`,
    `    registry: "${stage.registryHost}"`,
    'environments:',
    '  staging:',
    '    engine: local',
    '    services:',
    '      web:',
    `        container: ${container}`,
    `        image: "${image}"`,
    ...service.map((line) => `        ${line}`),
    ...furtherServices.map((line) => `      ${line}`),
    ...configuration,
    '',
  ].join('\n');
}
