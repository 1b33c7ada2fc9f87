import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { FailedAuthentications } from '../access/failed-authentications.js';
import { AddressRanges, senderAddress, senderNetwork } from '../access/sender-address.js';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Configuration } from '../domain/settings/configuration.js';
import type { Webhook } from '../domain/settings/environment.js';
import { DeployError } from '../domain/errors.js';
import type { Sender } from './read-delivery.js';
import type { RequestBody } from './request-body.js';
import { hasPathSecret } from './sources/path-secret.js';
import { Sources } from './sources/sources.js';
import { WebhookSecrets } from './webhook-secrets.js';

interface Door extends Sender {
  readonly secrets: WebhookSecrets;
  readonly allowed: AddressRanges | null;
}

/** Where a request was sent: its address without the prefix. */
export interface Addressed {
  readonly name: string;
  /** Null at `/webhooks/<name>`. */
  readonly pathSecret: string | null;
}

/** Stands in for every address that no webhook has. */
const NO_SECRETS = new WebhookSecrets([]);

/**
 * Decides whether a request may speak for a webhook. An unknown name, a form of address that the type of
 * sender does not have, and a wrong secret in the path are treated alike: the same comparisons, the same
 * count of failures, the same answer.
 */
@Injectable()
export class WebhookAuthentication {
  #doors: { of: Configuration; byName: ReadonlyMap<string, Door> } | null = null;

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly failures: FailedAuthentications,
    private readonly sources: Sources,
  ) {}

  /**
   * The webhook at the address, once its sender has proved itself. The body is read only if its type of
   * sender signs it.
   * @throws DeployError `throttled` after too many failures, also with the right secret; `not-found` for
   * an unknown address or a wrong secret in it; `unauthorized` for wrong or missing headers; `forbidden`
   * for an address outside `allowFrom`; and whatever reading the body throws.
   */
  async authenticate(addressed: Addressed, request: Request, body: RequestBody): Promise<Sender> {
    const { name, pathSecret } = addressed;
    const door = this.doorsNow().get(name);
    const network = senderNetwork(request);
    const unknownKey = `webhook|?|${network}`;
    const key = door === undefined ? unknownKey : `webhook|${name}|${network}`;
    this.failures.assertCalm(key);
    if (door === undefined || !hasAddress(door, pathSecret)) {
      hasPathSecret({ secrets: NO_SECRETS, pathSecret });
      throw this.refuse(key, unknownKey, nothingHere());
    }
    const { webhook, source, secrets } = door;
    const { headers } = request;
    const presented = { webhook, secrets, pathSecret, headers, body: () => body.bytes() };
    const isProved = await source.authenticate(presented);
    // Others of the same sender may have failed meanwhile.
    this.failures.assertCalm(key);
    if (!isProved) {
      throw this.refuse(key, unknownKey, pathSecret === null ? notProved() : nothingHere());
    }
    this.assertAllowed(door, senderAddress(request));
    return { webhook, source };
  }

  /**
   * Every failure also counts for names that do not exist, and while those are blocked, a wrong secret of
   * an existing name is answered the same: otherwise the block would reveal which names exist.
   */
  private refuse(key: string, unknownKey: string, answer: DeployError): DeployError {
    this.failures.assertCalm(unknownKey);
    for (const failed of new Set([key, unknownKey])) this.failures.record(failed);
    return answer;
  }

  private assertAllowed({ allowed }: Door, address: string): void {
    if (allowed === null || allowed.includes(address)) return;
    throw new DeployError('forbidden', 'this address may not send to this webhook');
  }

  private doorsNow(): ReadonlyMap<string, Door> {
    const current = this.configuration.current();
    if (this.#doors?.of !== current) {
      const entries = current.webhooks.map((each) => [each.name, this.doorOf(each)] as const);
      this.#doors = { of: current, byName: new Map(entries) };
    }
    return this.#doors.byName;
  }

  private doorOf(webhook: Webhook): Door {
    return {
      webhook,
      source: this.sources.of(webhook),
      secrets: new WebhookSecrets(webhook.secrets),
      allowed: webhook.allowFrom === null ? null : new AddressRanges(webhook.allowFrom),
    };
  }
}

function hasAddress({ source }: Door, pathSecret: string | null): boolean {
  return source.addresses.includes(pathSecret === null ? 'name-only' : 'secret-in-path');
}

function nothingHere(): DeployError {
  return new DeployError('not-found', 'there is nothing at this address');
}

function notProved(): DeployError {
  return new DeployError('unauthorized', 'the signature or header is missing or wrong');
}
