import type { Kysely } from 'kysely';
import type { Delivery } from '../../domain/deployment/delivery.js';
import type { PushEvent } from '../../domain/image/push-event.js';
import type { Schema } from './schema.js';
import type { Session } from '../session.js';

/** A delivery as shown in lists. */
export type DeliverySummary = Omit<Delivery, 'headers' | 'body'>;

/** How a later duplicate is recognised. */
export interface DeliveryFingerprint {
  /** Null for a replay: no later delivery is its duplicate. */
  readonly bodyHash: string | null;
  /** The sender's own id of the delivery; null if it gives none. */
  readonly senderDeliveryId: string | null;
}

/** What to look for, and since when (RFC 3339, UTC, milliseconds; inclusive). */
export interface DuplicateQuery {
  readonly bodyHash: string;
  readonly bodySince: string;
  readonly senderDeliveryId: string | null;
  readonly idSince: string;
}

/** Which deliveries to list. An omitted or null field does not filter. */
export interface DeliveryFilter {
  /** Only those older than the one with this id. */
  readonly before?: string | null;
  /** Only deliveries that created or joined a deployment in one of these, and only those of their deployments. */
  readonly environments?: readonly string[] | null;
  readonly limit: number;
}

const SUMMARY_COLUMNS = [
  'id',
  'webhook',
  'type',
  'received_at as receivedAt',
  'from_address as from',
  'outcome',
  'reason',
  'pushes',
] as const;

/** Deliveries of webhooks and the deployments that resulted from them. */
export class DeliveryRepository {
  constructor(private readonly session: Session) {}

  /** Also links its `deployments`, which must exist when the transaction is committed. */
  insert(delivery: Delivery, fingerprint: DeliveryFingerprint): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .insertInto('deliveries')
        .values({
          id: delivery.id,
          webhook: delivery.webhook,
          type: delivery.type,
          received_at: delivery.receivedAt,
          from_address: delivery.from,
          outcome: delivery.outcome,
          reason: delivery.reason,
          pushes: JSON.stringify(delivery.pushes),
          headers: JSON.stringify(delivery.headers),
          body: delivery.body,
          body_hash: fingerprint.bodyHash,
          sender_delivery_id: fingerprint.senderDeliveryId,
        })
        .execute();
      for (const deployment of delivery.deployments) {
        await addLink(database, delivery.id, deployment);
      }
    });
  }

  /**
   * The newest earlier delivery of which this one is a duplicate (docs/webhooks.md): by the sender's id if there is
   * one, else by the bytes of the body.
   * @returns its id.
   */
  findDuplicate(webhook: string, query: DuplicateQuery): Promise<string | null> {
    return this.session.read(async (database) => {
      const ofWebhook = database
        .selectFrom('deliveries')
        .select('id')
        .where('webhook', '=', webhook);
      const same =
        query.senderDeliveryId === null
          ? ofWebhook
              .where('body_hash', '=', query.bodyHash)
              .where('received_at', '>=', query.bodySince)
          : ofWebhook
              .where('sender_delivery_id', '=', query.senderDeliveryId)
              .where('received_at', '>=', query.idSince);
      const row = await same
        .orderBy('received_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? null;
    });
  }

  /** Records that a delivery created or joined a deployment; repeating it changes nothing. */
  link(delivery: string, deployment: string): Promise<void> {
    return this.session.write((database) => addLink(database, delivery, deployment));
  }

  /** Appends to its reason what happened later; does nothing if the delivery no longer exists. */
  explain(id: string, text: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .updateTable('deliveries')
        .set((each) => ({
          reason: each.fn.coalesce(each(each('reason', '||', '; '), '||', text), each.val(text)),
        }))
        .where('id', '=', id)
        .execute();
    });
  }

  get(id: string): Promise<Delivery | null> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('deliveries')
        .select([...SUMMARY_COLUMNS, 'headers', 'body'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      const links = await linksOf(database, [id], null);
      return {
        ...row,
        pushes: JSON.parse(row.pushes) as PushEvent[],
        headers: JSON.parse(row.headers) as Record<string, string>,
        deployments: links.get(id) ?? [],
      };
    });
  }

  /** Newest first. */
  list({ before, environments, limit }: DeliveryFilter): Promise<DeliverySummary[]> {
    return this.session.read(async (database) => {
      let query = database.selectFrom('deliveries').select(SUMMARY_COLUMNS);
      if (before != null) query = query.where('id', '<', before);
      if (environments != null) {
        query = query.where((where) =>
          where.exists(
            where
              .selectFrom('delivery_deployments as link')
              .innerJoin('deployments', 'deployments.id', 'link.deployment')
              .select('link.delivery')
              .whereRef('link.delivery', '=', 'deliveries.id')
              .where('deployments.environment', 'in', environments),
          ),
        );
      }
      const rows = await query.orderBy('id', 'desc').limit(limit).execute();
      const ids = rows.map((row) => row.id);
      const links = await linksOf(database, ids, environments ?? null);
      return rows.map((row) => ({
        ...row,
        pushes: JSON.parse(row.pushes) as PushEvent[],
        deployments: links.get(row.id) ?? [],
      }));
    });
  }
}

async function addLink(
  database: Kysely<Schema>,
  delivery: string,
  deployment: string,
): Promise<void> {
  const { last } = await database
    .selectFrom('delivery_deployments')
    .select((select) => select.fn.max<number | null>('position').as('last'))
    .where('delivery', '=', delivery)
    .executeTakeFirstOrThrow();
  await database
    .insertInto('delivery_deployments')
    .values({ delivery, deployment, position: (last ?? 0) + 1 })
    .onConflict((conflict) => conflict.columns(['delivery', 'deployment']).doNothing())
    .execute();
}

/** Ids of deployments by delivery, in the order in which they were linked. */
async function linksOf(
  database: Kysely<Schema>,
  deliveries: readonly string[],
  environments: readonly string[] | null,
): Promise<Map<string, string[]>> {
  let query = database
    .selectFrom('delivery_deployments as link')
    .select(['link.delivery', 'link.deployment'])
    .where('link.delivery', 'in', deliveries);
  if (environments !== null) {
    query = query
      .innerJoin('deployments', 'deployments.id', 'link.deployment')
      .where('deployments.environment', 'in', environments);
  }
  const rows = await query.orderBy('link.delivery').orderBy('link.position').execute();
  const links = new Map<string, string[]>();
  for (const { delivery, deployment } of rows) {
    links.set(delivery, [...(links.get(delivery) ?? []), deployment]);
  }
  return links;
}
