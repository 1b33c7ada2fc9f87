import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { LABELS } from '../../../domain/rollout/labels.js';
import type { RolloutIntent, WaitingNetwork } from '../../../domain/rollout/intent.js';
import { Storage } from '../../../storage/storage.js';

/**
 * The networks on which new containers wait in a handover. The engine allows one macvlan network per bridge,
 * so rollouts share them, and the last one that needs one removes it.
 */
@Injectable()
export class WaitingNetworks {
  /** Deployments, by engine and network. Empty after a start: rollouts under way register again with their steps. */
  readonly #users = new Map<string, Set<string>>();
  /** The last removal under way, by engine and network. */
  readonly #removals = new Map<string, Promise<void>>();

  constructor(private readonly storage: Storage) {}

  /** Creates the network of a rollout, unless it exists. @throws EngineError */
  async make(engine: EngineClient, intent: RolloutIntent): Promise<void> {
    const { waiting } = intent;
    if (waiting === null) return;
    this.use(intent);
    await this.#removals.get(keyOf(intent, waiting));
    try {
      await this.create(engine, waiting);
    } catch (error) {
      // A rollout that fails here has nothing to release.
      this.#users.get(keyOf(intent, waiting))?.delete(intent.deployment);
      throw error;
    }
  }

  private create(engine: EngineClient, waiting: WaitingNetwork): Promise<void> {
    return engine.networks.make(
      waiting.name,
      {
        Driver: waiting.kind === 'macvlan' ? 'macvlan' : 'bridge',
        Internal: waiting.kind === 'internal',
        Options: waiting.parent === null ? {} : { parent: waiting.parent },
        Labels: { [LABELS.instance]: this.storage.instanceId },
      },
      createHash('sha256').update(waiting.name).digest().readUInt16BE(0),
    );
  }

  /** Registers that the rollout needs its network from now on. */
  use(intent: RolloutIntent): void {
    const { waiting, deployment } = intent;
    if (waiting === null) return;
    const key = keyOf(intent, waiting);
    const users = this.#users.get(key) ?? new Set();
    this.#users.set(key, users.add(deployment));
  }

  /** Registers that the rollout no longer needs its network, and removes it if no other does. @throws EngineError */
  async release(engine: EngineClient, intent: RolloutIntent): Promise<void> {
    const { waiting, deployment } = intent;
    if (waiting === null) return;
    const key = keyOf(intent, waiting);
    const users = this.#users.get(key);
    users?.delete(deployment);
    if (users !== undefined && users.size > 0) return;
    this.#users.delete(key);
    const removal = engine.networks.removeUnused(waiting.name);
    this.#removals.set(
      key,
      removal.catch(() => undefined), // Reported to the caller below; whoever creates the network only waits for the end.
    );
    await removal;
  }
}

function keyOf({ engine }: RolloutIntent, { name }: WaitingNetwork): string {
  return `${engine} ${name}`;
}
