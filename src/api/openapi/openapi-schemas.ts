import { ERROR_CODES } from '../../domain/errors.js';
import { APPROVE_PAGE_SCHEMAS } from '../approve-page/approve-page.openapi.js';
import { AUDIT_SCHEMAS } from '../audit.openapi.js';
import { DELIVERY_SCHEMAS } from '../deliveries.openapi.js';
import { DEPLOYMENT_LOG_SCHEMAS } from '../deployment-log.openapi.js';
import { DEPLOYMENT_SCHEMAS } from '../deployments.openapi.js';
import { ENVIRONMENT_SCHEMAS } from '../environments.openapi.js';
import { QUARANTINE_SCHEMAS } from '../quarantine.openapi.js';
import { list, object, oneOf, text, type Schema } from './openapi-schema.js';
import { SERVER_SCHEMAS } from './server.openapi.js';
import { WEBHOOK_SCHEMAS } from './webhooks.openapi.js';

/** The shapes of requests and answers: docs/api.md#shapes. */
export const SCHEMAS = {
  Problem: object(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      code: oneOf(Object.keys(ERROR_CODES)),
      errors: list(object({ path: text, message: text })),
    },
    ['errors'],
  ),
  ...WEBHOOK_SCHEMAS,
  ...DEPLOYMENT_SCHEMAS,
  ...DEPLOYMENT_LOG_SCHEMAS,
  ...ENVIRONMENT_SCHEMAS,
  ...QUARANTINE_SCHEMAS,
  ...APPROVE_PAGE_SCHEMAS,
  ...DELIVERY_SCHEMAS,
  ...AUDIT_SCHEMAS,
  ...SERVER_SCHEMAS,
} as const satisfies Record<string, Schema>;
