import type Docker from 'dockerode';
import { tar } from './tar.js';

const DATA_FOLDER = '/app/www/data';
/** What is in the volume of every service. */
export const MARK = 'written before the deployment';
/** A file that v1 makes when it is asked to stop. */
export const LAST_WORD = `${DATA_FOLDER}/last-word`;
/** By which a service is known on a network of its own. */
export const ALIAS = 'shop';

interface ServiceContainer {
  readonly name: string;
  readonly image: string;
  /** A network of its own; null means the engine's default. */
  readonly network: string | null;
  /** Where its port is published. */
  readonly binding: Docker.PortBinding;
}

/** Runs a service's first container, with data in an anonymous volume; returns the volume's name. */
export async function startService(
  docker: Docker,
  own: Docker.ContainerCreateOptions,
  { name, image, network, binding }: ServiceContainer,
): Promise<string> {
  const created = await docker.createContainer({
    name,
    Image: image,
    Volumes: { [DATA_FOLDER]: {} },
    StopTimeout: 3,
    ...own,
    HostConfig: {
      PortBindings: { '8080/tcp': [binding] },
      RestartPolicy: { Name: 'always' },
      ...(network === null ? {} : { NetworkMode: network }),
      ...own.HostConfig,
    },
    ...(network === null
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [ALIAS] } } } }),
  });
  await created.putArchive(tar([{ path: 'mark', content: MARK }]), { path: DATA_FOLDER });
  await created.start();
  const { Mounts } = await created.inspect();
  return Mounts[0]?.Name ?? '';
}
