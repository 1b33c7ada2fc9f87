import { json, type Operation, type Operations } from './openapi-operation.js';
import { list, object, oneOf, ref, text, type Schema } from './openapi-schema.js';

function receiveOperation(id: string, summary: string, problems: readonly number[]): Operation {
  return {
    id,
    summary,
    access: 'public',
    body: { description: "in the registry's own format" },
    answers: { 202: json('stored, whatever it says', ref('Receipt')) },
    problems,
  };
}

export const WEBHOOK_OPERATIONS: Operations = {
  'POST /webhooks/{name}/{secret}': receiveOperation(
    'receiveWebhook',
    'Receive a registry webhook',
    [403, 404, 413],
  ),
  'POST /webhooks/{name}': receiveOperation(
    'receiveSignedWebhook',
    'Receive a registry webhook that is authenticated by a header or signature',
    [401, 403, 404, 413],
  ),
};

export const WEBHOOK_SCHEMAS = {
  Receipt: object({
    delivery: text,
    outcome: oneOf(['accepted', 'ignored', 'duplicate']),
    reason: text,
    deployments: list(text),
  }),
} as const satisfies Record<string, Schema>;
