import { get } from 'node:http';
import { connect } from 'node:net';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import {
  containerAddress,
  publishedAddress,
  type ProbeAddress,
} from '../../../docker/inspection/probe-address.js';
import { DeployError, messageOf } from '../../../domain/errors.js';
import type { Probe } from '../../../domain/settings/rollout-settings.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';

/** How long one probe may take, in milliseconds. */
const TRY_MS = 5_000;
/** An address on this machine that does not answer within this many milliseconds is out of reach. */
const REACH_MS = 1_000;

export interface ProbeResult {
  readonly passed: boolean;
  /** What it found; human-readable. */
  readonly detail: string;
}

/**
 * How an http or tcp probe reaches the container: at its own address if this process can reach that, else at a
 * published port. Decided on the old container, before anything is touched.
 * @throws DeployError `probe-unreachable`, which suggests `exec` instead.
 */
export async function chooseProbeWay(
  engine: EngineClient,
  container: ContainerInspection,
  probe: Probe | null,
): Promise<RolloutIntent['probeVia']> {
  if (probe === null || probe.kind === 'exec') return null;
  const isLocal = engine.engine.host.startsWith('unix://');
  const own = containerAddress(container, probe.port);
  // On a stopped container nothing can be tried: its own address is the likelier one to work.
  if (isLocal && (own === null || (await isReachable(own, 'connected or refused')))) {
    return 'container';
  }
  const published = publishedAddress(container, probe.port, hostOf(engine));
  if (published !== null && (await isReachable(published, 'connected'))) return 'published';
  throw new DeployError(
    'probe-unreachable',
    `the ${probe.kind} probe cannot reach port ${String(probe.port)} of the container from here, neither at its own address nor at a published port; use rollout.health.exec, which runs inside the container`,
  );
}

/**
 * Runs a probe once. It never throws for anything that the container does.
 * @param except A network through which this machine cannot reach the container.
 * @returns null if the engine did not answer: that says nothing about the container.
 */
export async function tryProbe(
  engine: EngineClient,
  container: ContainerInspection,
  probe: Probe,
  via: RolloutIntent['probeVia'],
  except: string | null,
): Promise<ProbeResult | null> {
  try {
    if (probe.kind === 'exec') {
      const exitCode = await engine.exec(container.Id, probe.command, TRY_MS);
      return { passed: exitCode === 0, detail: `exit code ${String(exitCode)}` };
    }
    const address =
      via === 'published'
        ? publishedAddress(container, probe.port, hostOf(engine))
        : containerAddress(container, probe.port, except);
    if (address === null) return { passed: false, detail: 'it has no address yet' };
    if (probe.kind === 'tcp') {
      await connectTo(address, TRY_MS);
      return { passed: true, detail: 'connected' };
    }
    return await tryHttp(address, probe.path, probe.status);
  } catch (error) {
    if (error instanceof EngineError && isEnginesOwn(error.statusCode)) return null;
    return { passed: false, detail: messageOf(error) };
  }
}

/** A stopped container (409) is reported by its inspection. A command that cannot be executed is a 400. */
function isEnginesOwn(statusCode: number | null): boolean {
  return statusCode === null || statusCode === 409 || statusCode >= 500;
}

function tryHttp(address: ProbeAddress, path: string, status: number): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    // A new connection each time: the probe must see what a new client sees.
    const request = get({ ...address, path, agent: false, timeout: TRY_MS }, (answer) => {
      answer.destroy();
      const { statusCode = 0 } = answer;
      resolve({ passed: statusCode === status, detail: `status ${String(statusCode)}` });
    });
    request.once('timeout', () => {
      request.destroy(new Error(`no answer within ${String(TRY_MS)} ms`));
    });
    request.once('error', reject);
  });
}

/**
 * Whether something answers at the address. At a container's own address a refusal counts as an answer; at a published
 * port it does not: the engine would accept, so the port belongs to another machine or namespace.
 */
async function isReachable(
  address: ProbeAddress,
  answer: 'connected' | 'connected or refused',
): Promise<boolean> {
  try {
    await connectTo(address, REACH_MS);
    return true;
  } catch (error) {
    if (answer === 'connected') return false;
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  }
}

function connectTo(address: ProbeAddress, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port });
    socket.setTimeout(deadlineMs, () => {
      socket.destroy(new Error(`no connection within ${String(deadlineMs)} ms`));
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

function hostOf(engine: EngineClient): string | null {
  return engine.engine.host.startsWith('unix://') ? null : new URL(engine.engine.host).hostname;
}
