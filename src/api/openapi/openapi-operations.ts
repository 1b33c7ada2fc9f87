import { APPROVE_PAGE_OPERATIONS } from '../approve-page/approve-page.openapi.js';
import { AUDIT_OPERATIONS } from '../audit.openapi.js';
import { DELIVERY_OPERATIONS } from '../deliveries.openapi.js';
import { DEPLOYMENT_LOG_OPERATIONS } from '../deployment-log.openapi.js';
import { DEPLOYMENT_OPERATIONS } from '../deployments.openapi.js';
import { ENVIRONMENT_OPERATIONS } from '../environments.openapi.js';
import { EVENT_OPERATIONS } from '../events.openapi.js';
import { QUARANTINE_OPERATIONS } from '../quarantine.openapi.js';
import type { Operations } from './openapi-operation.js';
import { SERVER_OPERATIONS } from './server.openapi.js';
import { WEBHOOK_OPERATIONS } from './webhooks.openapi.js';

/** Every route of the server. A test compares it with the routes that exist. */
export const OPERATIONS: Operations = {
  ...WEBHOOK_OPERATIONS,
  ...ENVIRONMENT_OPERATIONS,
  ...QUARANTINE_OPERATIONS,
  ...DEPLOYMENT_OPERATIONS,
  ...DEPLOYMENT_LOG_OPERATIONS,
  ...APPROVE_PAGE_OPERATIONS,
  ...DELIVERY_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...SERVER_OPERATIONS,
};
