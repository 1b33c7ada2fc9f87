import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineRig } from './engine-rig.js';

const run = promisify(execFile);

/** A container's image and the port of the host that is its own. */
interface Published {
  readonly image: string;
  readonly port: number;
}

/**
 * Whether an engine that was killed while it started a container has left of it what no call can take away: 20.10 may
 * keep its port, may go on leading that port to its address, which the next container is given, and with
 * `--live-restore` its process may run on while the engine shows it as not started.
 */
export async function hasLeftovers(
  engine: EngineRig,
  containers: readonly Published[],
): Promise<boolean> {
  if ((await engine.strays()).length > 0) return true;
  for (const { image, port } of containers) {
    if ((await leadsElsewhere(engine, port)) || (await isPortKept(engine, image, port)))
      return true;
  }
  return false;
}

/** What a person would do. */
export async function tidyUp(engine: EngineRig): Promise<void> {
  await engine.endStrays();
  await engine.restart();
}

async function leadsElsewhere(engine: EngineRig, port: number): Promise<boolean> {
  const [program = '', ...args] = engine.place.inside(['iptables', '-t', 'nat', '-S', 'DOCKER']);
  const { stdout } = await run(program, args);
  const led = [...stdout.matchAll(/--dport (\d+) .*--to-destination ([\d.]+):/g)]
    .filter(([, from]) => Number(from) === port)
    .map(([, , address]) => address);
  const owner = await ownerOf(engine, port);
  const addresses = Object.values(owner?.NetworkSettings.Networks ?? {}).map(
    ({ IPAddress }) => IPAddress,
  );
  return led.some((address) => address !== undefined && !addresses.includes(address));
}

/** Whether the port is given to nobody, although nobody has it. */
async function isPortKept(engine: EngineRig, image: string, port: number): Promise<boolean> {
  if ((await ownerOf(engine, port)) !== undefined) return false;
  const PortBindings = { '8080/tcp': [{ HostIp: '0.0.0.0', HostPort: String(port) }] };
  const other = await engine.docker.createContainer({ Image: image, HostConfig: { PortBindings } });
  try {
    await other.start();
    return false;
  } catch (error) {
    return String(error).includes('port is already allocated');
  } finally {
    await other.remove({ force: true });
  }
}

async function ownerOf({ docker }: EngineRig, port: number) {
  const running = await docker.listContainers();
  return running.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
}
