import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { FailedAuthentications } from '../access/failed-authentications.js';
import { DUMMY_HASH, hashOf, indexOfHash } from '../access/secret-hash.js';
import { AddressRanges, senderAddress, senderNetwork } from '../access/sender-address.js';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Webhook } from '../domain/settings/environment.js';
import type { Configuration } from '../domain/settings/configuration.js';
import { DeployError } from '../domain/errors.js';

interface Door {
  readonly webhook: Webhook;
  readonly hashes: readonly Buffer[];
  readonly allowed: AddressRanges | null;
}

/** A webhook has one secret, or two during a rotation: as many hashes are compared for every name. */
const HASHES_COMPARED = 2;
/** Stands for every name that no webhook has. */
const NO_WEBHOOK: readonly Buffer[] = [DUMMY_HASH, DUMMY_HASH];

/**
 * Decides whether a request may speak for a webhook. An unknown name and a wrong secret go the same way:
 * the same comparisons, the same count of failures, the same answer.
 */
@Injectable()
export class WebhookAuthentication {
  #doors: { of: Configuration; byName: ReadonlyMap<string, Door> } | null = null;

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * The webhook that the name and secret of the path belong to.
   * @throws DeployError `throttled` after too many failures, also with the right secret; `not-found` for
   * an unknown name or a wrong secret; `forbidden` for an address that is not in `allowFrom`.
   */
  authenticate(name: string, secret: string, request: Request): Webhook {
    const door = this.#doorsNow().get(name);
    const network = senderNetwork(request);
    const key = `webhook|${door === undefined ? '?' : name}|${network}`;
    this.failures.assertCalm(key);
    const matches = indexOfHash(hashOf(secret), door?.hashes ?? NO_WEBHOOK) >= 0;
    if (door === undefined || !matches) throw this.#refuse(key, `webhook|?|${network}`);
    this.#assertAllowed(door, senderAddress(request));
    return door.webhook;
  }

  /**
   * Every failure also counts for names that do not exist, and when those are blocked, a wrong secret of
   * one that does is told the same: else the block would tell which names there are.
   */
  #refuse(key: string, keyOfUnknown: string): DeployError {
    this.failures.assertCalm(keyOfUnknown);
    for (const failed of new Set([key, keyOfUnknown])) this.failures.record(failed);
    return new DeployError('not-found', 'there is nothing at this address');
  }

  #assertAllowed(door: Door, address: string): void {
    if (door.allowed === null || door.allowed.includes(address)) return;
    throw new DeployError('forbidden', 'this address may not send to this webhook');
  }

  #doorsNow(): ReadonlyMap<string, Door> {
    const current = this.configuration.current();
    if (this.#doors?.of !== current) {
      const entries = current.webhooks.map((webhook) => [webhook.name, doorOf(webhook)] as const);
      this.#doors = { of: current, byName: new Map(entries) };
    }
    return this.#doors.byName;
  }
}

function doorOf(webhook: Webhook): Door {
  const hashes = webhook.secrets.map((secret) => hashOf(secret.reveal()));
  while (hashes.length < HASHES_COMPARED) hashes.push(DUMMY_HASH);
  return {
    webhook,
    hashes,
    allowed: webhook.allowFrom === null ? null : new AddressRanges(webhook.allowFrom),
  };
}
