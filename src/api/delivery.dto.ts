import type { Delivery } from '../domain/deployment/delivery.js';

interface PushView {
  readonly image: string;
  readonly tag: string;
  readonly digest: string | null;
}

/** A delivery as lists show it. */
export interface DeliverySummaryView {
  readonly id: string;
  readonly webhook: string;
  readonly type: string;
  readonly receivedAt: string;
  readonly from: string;
  readonly outcome: Delivery['outcome'];
  readonly reason: string | null;
  readonly pushes: readonly PushView[];
  readonly deployments: readonly string[];
}

/** One delivery, with headers and body. */
export interface DeliveryView extends DeliverySummaryView {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function deliverySummaryView(
  delivery: Omit<Delivery, 'headers' | 'body'>,
): DeliverySummaryView {
  const { id, webhook, type, receivedAt, from, outcome, reason, deployments } = delivery;
  const pushes = delivery.pushes.map(({ repository, tag, digest }) => ({
    image: repository,
    tag,
    digest,
  }));
  return { id, webhook, type, receivedAt, from, outcome, reason, pushes, deployments };
}

export function deliveryView(delivery: Delivery): DeliveryView {
  const { headers, body } = delivery;
  return { ...deliverySummaryView(delivery), headers, body };
}
