import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { Actor } from '../../domain/deployment/audit.js';
import type { Delivery } from '../../domain/deployment/delivery.js';
import { NOT_STARTED, type Deployment } from '../../domain/deployment/deployment.js';
import type { Service, Webhook } from '../../domain/settings/environment.js';
import { DeployError } from '../../domain/errors.js';
import type { PushEvent } from '../../domain/image/push-event.js';
import { SAME_ID_MS } from '../../domain/deployment/retention.js';
import { ConfigurationService } from '../../config/configuration.service.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { DeliverySummary } from '../../storage/repositories/delivery.repository.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { Storage } from '../../storage/storage.js';
import { auditEntry } from '../audit-entry.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { newDeploymentOf } from '../new-deployment.js';
import { newId } from '../new-id.js';
import { Reconcilers } from '../queue/reconcilers.js';
import { pageOf, type Page } from '../../domain/page.js';

const SAME_BODY_MS = 10 * 60_000;

/** One authenticated webhook request, read. */
export interface IncomingDelivery {
  readonly webhook: Webhook;
  readonly from: string;
  readonly receivedAt: string;
  /** Without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly parsed: { readonly pushes: readonly PushEvent[] } | { readonly ignored: string };
  readonly senderDeliveryId: string | null;
}

/** What a delivery led to, beside its record: whom to wake when all is on disk. */
interface Consequences {
  readonly delivery: Delivery;
  readonly made: readonly Deployment[];
  readonly joined: readonly Deployment[];
  readonly touched: readonly Service[];
}

/** Takes deliveries in: the request and the deployments it leads to are stored in one transaction. */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly configuration: ConfigurationService,
    private readonly reconcilers: Reconcilers,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /**
   * Stores a delivery with what it leads to, and then sets that going. When it returns, both are on disk.
   * @throws DeployError `storage-unavailable`; then nothing is stored.
   */
  async accept(incoming: IncomingDelivery): Promise<Delivery> {
    const bodyHash = createHash('sha256').update(incoming.body).digest('hex');
    const { senderDeliveryId } = incoming;
    const consequences = await this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      const received = Date.parse(incoming.receivedAt);
      const original = await stored.deliveries.findDuplicate(incoming.webhook.name, {
        bodyHash,
        bodySince: new Date(received - SAME_BODY_MS).toISOString(),
        senderDeliveryId,
        idSince: new Date(received - SAME_ID_MS).toISOString(),
      });
      const led = await this.lead(changes, incoming, original);
      await stored.deliveries.insert(led.delivery, { bodyHash, senderDeliveryId });
      await keepRechecks(stored, led, original !== null);
      return led;
    });
    this.setGoing(consequences);
    return consequences.delivery;
  }

  /**
   * Replays a stored delivery manually. It is never a duplicate.
   * @throws DeployError `not-found`, also where its webhook is no longer configured.
   */
  async replay(id: string, by: Actor): Promise<Delivery> {
    const original = await this.get(id);
    const webhook = this.configuration
      .current()
      .webhooks.find((each) => each.name === original.webhook);
    if (webhook === undefined) {
      throw new DeployError(
        'not-found',
        `the webhook ${original.webhook} is no longer in the configuration`,
      );
    }
    const incoming: IncomingDelivery = {
      webhook,
      from: original.from,
      receivedAt: new Date().toISOString(),
      headers: original.headers,
      body: Buffer.from(original.body),
      parsed:
        original.pushes.length > 0
          ? { pushes: original.pushes }
          : { ignored: original.reason ?? 'it names no push' },
      senderDeliveryId: null,
    };
    const consequences = await this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      const led = await this.lead(changes, incoming, null);
      const reason = [`replay of ${id} by ${by.name}`, led.delivery.reason]
        .filter(Boolean)
        .join('; ');
      const delivery = { ...led.delivery, reason };
      await stored.deliveries.insert(delivery, { bodyHash: null, senderDeliveryId: null });
      await stored.audit.add(auditEntry(by, 'replay', { detail: `delivery ${id}` }));
      return { ...led, delivery };
    });
    this.setGoing(consequences);
    return consequences.delivery;
  }

  /** @throws DeployError `not-found` */
  async get(id: string): Promise<Delivery> {
    const delivery = await this.storage.deliveries.get(id);
    if (delivery === null) {
      throw new DeployError('not-found', `there is no delivery ${JSON.stringify(id)}`);
    }
    return delivery;
  }

  /** Newest first; `next` is the id after which the following page goes on. */
  async list(
    query: { readonly limit: number; readonly before: string | null },
    asker: { readonly environments: readonly string[] | null },
  ): Promise<Page<DeliverySummary>> {
    const items = await this.storage.deliveries.list({
      before: query.before,
      environments: asker.environments,
      limit: query.limit + 1,
    });
    return pageOf(items, query.limit);
  }

  /** Which deployments a delivery makes or joins, written into storage. */
  private async lead(
    changes: DeploymentChanges,
    incoming: IncomingDelivery,
    original: string | null,
  ): Promise<Consequences> {
    const { webhook, parsed } = incoming;
    const id = newId();
    const pushes = 'pushes' in parsed ? parsed.pushes : [];
    const made: Deployment[] = [];
    const joined: Deployment[] = [];
    const touched: Service[] = [];
    for (const push of pushes) {
      for (const service of this.environments.concernedBy(push, webhook)) {
        touched.push(service);
        const waiting = await joinable(changes.stored, service, push);
        if (waiting !== null) {
          joined.push(waiting);
        } else if (original === null) {
          const deployment = deploymentFor(push, service, webhook, id, incoming.receivedAt);
          const { image, tag } = deployment;
          await changes.create(deployment, `delivery ${id} reports a push of ${image}:${tag}`);
          made.push(deployment);
        }
      }
    }
    const delivery: Delivery = {
      id,
      webhook: webhook.name,
      type: webhook.type,
      receivedAt: incoming.receivedAt,
      from: incoming.from,
      ...outcomeOf(parsed, touched, original),
      pushes,
      deployments: [...new Set([...made, ...joined].map((each) => each.id))],
      headers: incoming.headers,
      body: incoming.body.toString('utf8'),
    };
    return { delivery, made, joined, touched };
  }

  private setGoing({ joined, touched }: Consequences): void {
    for (const service of touched) this.reconcilers.of(service.environment, service.name).wake();
    for (const { environment, service, id } of joined) {
      this.reconcilers.of(environment, service).retryNow(id);
    }
  }
}

/** A deployment of the same tag that has not started and whose digest is not known yet, or is the same. */
async function joinable(
  stored: Repositories,
  service: Service,
  push: PushEvent,
): Promise<Deployment | null> {
  const active = await stored.deployments.activeOf(service.environment, service.name);
  return (
    active.find(
      (each) =>
        NOT_STARTED.includes(each.phase) &&
        !each.pinned &&
        each.tag === push.tag &&
        each.image === push.repository &&
        (each.digest === null || each.digest === push.digest),
    ) ?? null
  );
}

function deploymentFor(
  push: PushEvent,
  service: Service,
  webhook: Webhook,
  delivery: string,
  createdAt: string,
): Deployment {
  const trigger = { kind: 'webhook', by: webhook.name, delivery } as const;
  return newDeploymentOf(service, { image: push.repository, tag: push.tag, trigger }, createdAt);
}

/** A duplicate that could not join anything asks for one more look, when what is under way has ended. */
async function keepRechecks(
  stored: Repositories,
  { delivery, joined, touched }: Consequences,
  isDuplicate: boolean,
): Promise<void> {
  if (!isDuplicate) return;
  for (const service of touched) {
    const isJoined = joined.some(
      (each) => each.environment === service.environment && each.service === service.name,
    );
    const push = delivery.pushes.find((each) => each.repository === service.repository);
    if (isJoined || push === undefined) continue;
    await stored.rechecks.add({
      environment: service.environment,
      service: service.name,
      image: push.repository,
      tag: push.tag,
      delivery: delivery.id,
      webhook: delivery.webhook,
      at: delivery.receivedAt,
    });
  }
}

function outcomeOf(
  parsed: IncomingDelivery['parsed'],
  touched: readonly Service[],
  original: string | null,
): Pick<Delivery, 'outcome' | 'reason'> {
  if (original !== null) {
    return { outcome: 'duplicate', reason: `the same as delivery ${original}` };
  }
  if ('ignored' in parsed) return { outcome: 'ignored', reason: parsed.ignored };
  if (touched.length > 0) return { outcome: 'accepted', reason: null };
  const pushed = parsed.pushes.map((push) => `${push.repository}:${push.tag}`).join(', ');
  return { outcome: 'ignored', reason: `no service that this webhook may touch follows ${pushed}` };
}
