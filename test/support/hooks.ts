import type Docker from 'dockerode';
import { onTestFinished } from 'vitest';
import type { DeployProcess } from './deploy-process.js';
import { FakeServer, type FakeHandler } from './fake-server.js';
import type { SampleApp } from './sample-app.js';
import type { Scenario } from './scenario.js';
import { waitFor } from './wait-for.js';

/** A version whose image has no entrypoint, to which the command of a one-off container would be given. */
export function anAppWithCommands(version: string, config: SampleApp['config'] = {}): SampleApp {
  return {
    version,
    check: 'healthy',
    config: { Entrypoint: [], Cmd: ['/app/run'], ...config },
  };
}

/** A command that a shell takes apart. */
export function shell(script: string): string[] {
  return ['/bin/sh', '-c', script];
}

/** Lines of YAML for a service with hooks. */
export function serviceWith(hooks: object, rollout: object = {}): string[] {
  return ['tag: latest', `rollout: ${JSON.stringify(rollout)}`, `hooks: ${JSON.stringify(hooks)}`];
}

/** It is there with the first container that mounts it. */
export function aVolume(docker: Docker, name: string): void {
  onTestFinished(() => docker.getVolume(name).remove({ force: true }));
}

/** Somebody who is told by hooks; every request is good unless `handler` says otherwise. */
export async function aReceiver(
  handler: FakeHandler = () => ({ status: 204 }),
): Promise<FakeServer> {
  const server = await FakeServer.start(handler);
  onTestFinished(() => server.close());
  return server;
}

/** A deployment's log, as text. */
export async function logOf(
  { deploy }: { deploy: Pick<DeployProcess, 'api'> },
  id: string,
): Promise<string> {
  return (await deploy.api(`/deployments/${id}/log`)).text();
}

/** The one-off container, once it runs. */
export function runningHook({
  stage,
  container,
}: Pick<Scenario, 'stage' | 'container'>): Promise<Docker.ContainerInspectInfo> {
  return waitFor(
    'the one-off container to run',
    () => stage.docker.getContainer(`${container}.deploy-hook`).inspect(),
    ({ State }: Docker.ContainerInspectInfo) => State.Running,
    { every: 50 },
  );
}

/** The same while it is the same container, untouched. */
export function lifeOf({ Id, State }: Docker.ContainerInspectInfo): unknown[] {
  return [Id, State.StartedAt, State.Pid, State.Status];
}
