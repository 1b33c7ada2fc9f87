import type Docker from 'dockerode';

/** The last parts of the names: one in the network of the service, and one in that one's. */
const LINKS = ['a', 'b'] as const;

interface Service {
  readonly container: string;
  /** `repository:tag` */
  readonly image: string;
}

/** Runs two containers of the service's image that depend on it, the second one by way of the first. */
export async function addChain(docker: Docker, { container, image }: Service): Promise<void> {
  let parent = container;
  for (const link of LINKS) {
    const name = `${container}-${link}`;
    const made = await docker.createContainer({
      name,
      Image: image,
      Entrypoint: ['/bin/sleep', '100000'],
      StopSignal: 'SIGKILL',
      HostConfig: { NetworkMode: `container:${parent}`, RestartPolicy: { Name: 'always' } },
    });
    await made.start();
    parent = name;
  }
}

/** What is there of the two, and whether each is in the network of the right container. */
export async function chainOutcome(docker: Docker, { container, image }: Service): Promise<object> {
  const list = await docker.listContainers({
    all: true,
    filters: { name: [`^/${container}-(${LINKS.join('|')})(\\..*)?$`] },
  });
  const names = [container, ...LINKS.map((link) => `${container}-${link}`)];
  const [service, ...links] = await Promise.all(
    names.map((name) => docker.getContainer(name).inspect()),
  );
  const ids = [service?.Id, ...links.map(({ Id }) => Id)];
  return {
    names: list.flatMap(({ Names }) => Names).sort(),
    links: links.map(({ State, HostConfig, Config }, index) => ({
      running: State.Running,
      isBound: HostConfig.NetworkMode === `container:${ids[index] ?? ''}`,
      isOfImage: Config.Image === image,
      policy: HostConfig.RestartPolicy?.Name,
      // An engine that joined it before the service was started again would have left it without.
      isLaterThanService: State.StartedAt > (service?.State.StartedAt ?? ''),
    })),
  };
}

/** What `chainOutcome` shall be, whichever version the service runs. */
export function expectedChain({ container }: Service): object {
  const link = {
    running: true,
    isBound: true,
    isOfImage: true,
    policy: 'always',
    isLaterThanService: true,
  };
  return { names: LINKS.map((each) => `/${container}-${each}`), links: LINKS.map(() => link) };
}

/** Removes all that is left of the two. */
export async function clearChain(docker: Docker, { container }: Service): Promise<void> {
  const filters = { name: [`^/${container}-(${LINKS.join('|')})(\\..*)?$`] };
  const list = await docker.listContainers({ all: true, filters });
  await Promise.all(list.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
}
