import Docker from 'dockerode';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/network-namespace.js';
import { RegistryClient } from '../../test/support/registry-client.js';
import { RegistryRig } from '../../test/support/registry-rig.js';
import { waitFor } from '../../test/support/wait-for.js';
import { findRigTools } from '../rig-tools.js';
import { runInSandbox } from '../sandbox.js';
import { bridgeIn } from './port-bridge.js';

/** All that the demo has before Deploy starts: an engine, a registry, and how to get rid of both. */
export interface Stage {
  readonly docker: Docker;
  /** For `engines.local.host`. */
  readonly engineHost: string;
  readonly isOwnEngine: boolean;
  readonly registry: RegistryClient;
  /** `127.0.0.1:PORT` */
  readonly registryHost: string;
  /** A free port of the host for the sample app. */
  readonly appPort: number;
}

type Say = (line: string) => void;
/** Is told, as soon as there is something to undo, how to undo it. */
type Undo = (undo: () => Promise<void>) => void;

/** Uses the engine that answers on this machine, else brings one up in a sandbox (which takes root). */
export async function setStage(say: Say, onUndo: Undo): Promise<Stage> {
  const existing = await existingEngine(say);
  const tools = await findRigTools(say);
  process.env['DEPLOY_RIG_BUSYBOX'] = tools.busybox;
  process.env['PATH'] = [tools.path, process.env['PATH']].join(delimiter);
  return existing === null ? ownStage(say, onUndo) : stageOn(existing, onUndo);
}

/** Only on a Unix socket: the engine must reach a registry on 127.0.0.1 of this machine. */
async function existingEngine(say: Say): Promise<string | null> {
  const host = process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://')) {
    say(`DOCKER_HOST is ${host}; the demo needs an engine on this machine and brings up its own.`);
    return null;
  }
  const socketPath = host.slice('unix://'.length);
  try {
    await new Docker({ socketPath, timeout: 5_000 }).ping();
  } catch (error) {
    say(
      `No engine answers on ${host} (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
    );
    return null;
  }
  return socketPath;
}

async function stageOn(socketPath: string, onUndo: Undo): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-demo-'));
  onUndo(() => rm(folder, { recursive: true, force: true }));
  process.env['DEPLOY_RIG_FOLDER'] = folder;
  const registry = await RegistryRig.start();
  onUndo(() => registry.remove());
  return {
    docker: new Docker({ socketPath }),
    engineHost: `unix://${socketPath}`,
    isOwnEngine: false,
    registry: registry.client,
    registryHost: registry.host,
    appPort: await freePort(),
  };
}

/** The sandbox has its own network; the two ports are bridged out of it under the same numbers. */
async function ownStage(say: Say, onUndo: Undo): Promise<Stage> {
  const [registryPort, appPort] = [await freePort(), await freePort()];
  const { folder, engineSocket } = await startSandbox([registryPort, appPort], say, onUndo);
  process.env['DEPLOY_RIG_FOLDER'] = folder;
  for (const port of [registryPort, appPort]) {
    const bridge = await bridgeIn(folder, port);
    onUndo(() => Promise.resolve(void bridge.close()));
  }
  const registryHost = `127.0.0.1:${registryPort}`;
  return {
    docker: new Docker({ socketPath: engineSocket }),
    engineHost: `unix://${engineSocket}`,
    isOwnEngine: true,
    registry: new RegistryClient(`http://${registryHost}`, null),
    registryHost,
    appPort,
  };
}

async function startSandbox(
  ports: readonly number[],
  say: Say,
  onUndo: Undo,
): Promise<{ folder: string; engineSocket: string }> {
  const inside = fileURLToPath(new URL('inside.ts', import.meta.url));
  const command = [process.execPath, '--import', 'tsx', inside, ...ports.map(String)];
  const ending = new AbortController();
  let folder = '';
  let end: unknown = null;
  const sandbox = runInSandbox(command, {
    signal: ending.signal,
    say,
    onFolder: (made) => {
      folder = made;
      return Promise.resolve();
    },
  }).then(
    ({ exitCode }) => (end = new Error(`The engine's sandbox ended with exit code ${exitCode}`)),
    (error: unknown) => (end = error),
  );
  onUndo(async () => {
    ending.abort();
    await sandbox;
  });
  const ready = await waitFor(
    'the engine and the registry',
    () => (end === null ? readFile(join(folder, 'ready.json'), 'utf8') : ''),
    () => true,
    { within: 120_000 },
  );
  if (ready === '') throw end;
  return { folder, ...(JSON.parse(ready) as { engineSocket: string }) };
}
