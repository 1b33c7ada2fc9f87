import { containerState } from '../../../docker/inspection/container-state.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import { inGatewayOrder, isConnected } from '../../../domain/rollout/networks.js';
import type { NetworkAttachment, RolloutIntent } from '../../../domain/rollout/intent.js';
import type { ContainerState } from '../../../domain/rollout/container-state.js';

/** No status, or that of a proxy in between, which does not know what the engine did. */
const LOST_ANSWERS: readonly (number | null)[] = [null, 502, 504];

/**
 * Disconnects a container from the service's networks. The gateway comes last: the ports go with it, and a network that
 * remained would get them.
 * @throws EngineError
 */
export async function detach(
  engine: EngineClient,
  container: ContainerState,
  intent: RolloutIntent,
  beforeTheLast: () => void = () => undefined,
): Promise<void> {
  const attached = inGatewayOrder(intent.networks).filter(({ name }) => name in container.networks);
  for (const [index, { name }] of attached.toReversed().entries()) {
    if (index === attached.length - 1) beforeTheLast();
    await leave(engine, name, container.id);
  }
}

/** Connects a container to networks with all their aliases; reconnects it if it lacks some. @throws EngineError */
export async function connect(
  engine: EngineClient,
  container: ContainerState,
  networks: readonly NetworkAttachment[],
): Promise<void> {
  for (const { name, endpoint } of inGatewayOrder(networks)) {
    if (isConnected(container, [{ name, endpoint }])) continue;
    if (name in container.networks) await leave(engine, name, container.id);
    await orAlreadySo(
      () => engine.networks.connect(name, container.id, endpoint),
      engine,
      container.id,
      (now) => isConnected(now, [{ name, endpoint }]) && now.unpublished.length === 0,
    );
  }
}

/** Disconnects a container from one network. @throws EngineError */
export function leave(engine: EngineClient, network: string, id: string): Promise<void> {
  const disconnect = (): Promise<void> => engine.networks.disconnect(network, id);
  return orAlreadySo(disconnect, engine, id, ({ networks }) => !(network in networks));
}

/**
 * Nothing serves while networks change hands: if the answer to a call is lost, the container is inspected immediately,
 * and the call counts as successful if the engine carried it out. @throws the call's error if it did not.
 */
async function orAlreadySo(
  call: () => Promise<void>,
  engine: EngineClient,
  id: string,
  isSo: (container: ContainerState) => boolean,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    const isLost = error instanceof EngineError && LOST_ANSWERS.includes(error.statusCode);
    const inspection = isLost ? await engine.container(id).catch(() => null) : null;
    const now = inspection === null ? null : containerState(inspection);
    if (now === null || !isSo(now)) throw error;
  }
}

/** An engine that could not bind a port says so only when the network is connected again. @throws EngineError */
export async function connectAnew(
  engine: EngineClient,
  container: ContainerState,
  intent: RolloutIntent,
  networks: readonly NetworkAttachment[],
): Promise<void> {
  await detach(engine, container, intent);
  await connect(engine, { ...container, networks: {} }, networks);
}
