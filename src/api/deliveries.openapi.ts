import { json, listOperation, type Operations } from './openapi/openapi-operation.js';
import {
  list,
  object,
  oneOf,
  pageOf,
  ref,
  text,
  textOrNull,
  time,
  type Schema,
} from './openapi/openapi-schema.js';

export const DELIVERY_OPERATIONS: Operations = {
  'GET /api/v1/deliveries': listOperation(
    'listDeliveries',
    'Webhook deliveries, newest first',
    'operator',
    'DeliveryPage',
  ),
  'GET /api/v1/deliveries/{id}': {
    id: 'getDelivery',
    summary: 'One delivery, with headers and body',
    access: 'operator',
    answers: { 200: json('the delivery', ref('Delivery')) },
    problems: [404],
  },
  'POST /api/v1/deliveries/{id}/replay': {
    id: 'replayDelivery',
    summary: 'Replay a delivery, as a new one',
    access: 'operator',
    answers: { 202: json('the new delivery', ref('Delivery')) },
    problems: [404],
  },
};

const delivery: Record<string, Schema> = {
  id: text,
  webhook: text,
  type: text,
  receivedAt: time,
  from: text,
  outcome: oneOf(['accepted', 'ignored', 'duplicate']),
  reason: textOrNull,
  pushes: list(object({ image: text, tag: text, digest: textOrNull })),
  deployments: list(text),
};

export const DELIVERY_SCHEMAS = {
  DeliverySummary: object(delivery),
  Delivery: object({
    ...delivery,
    headers: { type: 'object', additionalProperties: text },
    body: text,
  }),
  DeliveryPage: pageOf('DeliverySummary'),
} as const satisfies Record<string, Schema>;
