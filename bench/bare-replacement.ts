import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pull } from '../test/support/pull.js';
import type { Change, MeasuredService } from './measured-service.js';

const run = promisify(execFile);

/** A call of the engine and how long it took, in milliseconds. */
export interface TimedCall {
  readonly name: string;
  readonly took: number;
}

/**
 * The fewest calls of the engine that replace a container by the version pushed last: pull, create, stop,
 * rename, rename, start. Nothing is looked up, checked, journalled or watched.
 */
export async function replaceByBareCalls(
  service: MeasuredService,
  digest: string,
): Promise<{ readonly change: Change; readonly calls: readonly TimedCall[] }> {
  const { docker } = service.stage;
  const image = `${service.image}@${digest}`;
  const old = docker.getContainer((await docker.getContainer(service.name).inspect()).Id);
  const calls: TimedCall[] = [];
  const timed = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const answer = await call();
    calls.push({ name, took: performance.now() - begun });
    return answer;
  };
  const { change } = await service.observe(async () => {
    await timed('pull', () => pull(docker, image));
    const body = service.createBody(`${service.name}.new`, image);
    const created = await timed('create', () => docker.createContainer(body));
    await timed('stop', () => old.stop());
    await timed('rename old', () => old.rename({ name: `${service.name}.old` }));
    await timed('rename new', () => created.rename({ name: service.name }));
    await timed('start', () => created.start());
  });
  await old.remove();
  return { change, calls };
}

/** What a person would type, with everything slow done before: `docker stop OLD`, `docker start NEW`. */
export async function replaceByCommandLine(
  service: MeasuredService,
  digest: string,
): Promise<Change> {
  const { docker, engineHost } = service.stage;
  const image = `${service.image}@${digest}`;
  const prepared = `${service.name}.new`;
  await pull(docker, image);
  await docker.createContainer(service.createBody(prepared, image));
  const { change } = await service.observe(async () => {
    await run('docker', ['--host', engineHost, 'stop', service.name]);
    await run('docker', ['--host', engineHost, 'start', prepared]);
  });
  await docker.getContainer(service.name).remove();
  await docker.getContainer(prepared).rename({ name: service.name });
  return change;
}
