import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type Docker from 'dockerode';
import { waitFor } from '../support/wait-for.js';
import type { Interrupted } from './interrupted.js';

/** What keeps a port taken until the end of the tests. */
export const blockers: Server[] = [];

/** N was started, found to be bad and set aside; O has its name back and was not started. */
export async function failed(rollout: Interrupted): Promise<void> {
  await rollout.createNew();
  await rollout.old.stop();
  await rollout.old.update({ RestartPolicy: { Name: 'no' } });
  await rollout.new.start();
  await rollout.new.stop();
  await rollout.new.rename({ name: rollout.names.failed });
}

export async function goneWithTwin(rollout: Interrupted): Promise<void> {
  await rollout.createNew();
  await rollout.createTwin();
  await rollout.old.stop();
  await waitFor('the engine to remove it', async () => {
    const left = await rollout.fleet.containersOf(rollout.service);
    return left.length === 2;
  });
}

export async function inState(
  container: Docker.Container,
  accept: (state: Docker.ContainerInspectInfo['State']) => boolean,
): Promise<void> {
  await waitFor('the state', async () => (await container.inspect()).State, accept, { every: 5 });
}

export async function occupied(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
