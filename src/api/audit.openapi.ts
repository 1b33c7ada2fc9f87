import { listOperation, type Operations } from './openapi/openapi-operation.js';
import {
  object,
  oneOf,
  pageOf,
  text,
  textOrNull,
  time,
  type Schema,
} from './openapi/openapi-schema.js';

export const AUDIT_OPERATIONS: Operations = {
  'GET /api/v1/audit': listOperation(
    'listAudit',
    'Who did what, newest first',
    'admin',
    'AuditPage',
  ),
};

export const AUDIT_SCHEMAS = {
  AuditEntry: object({
    id: text,
    at: time,
    by: text,
    role: oneOf(['viewer', 'operator', 'admin']),
    action: text,
    environment: textOrNull,
    service: textOrNull,
    deployment: textOrNull,
    detail: textOrNull,
  }),
  AuditPage: pageOf('AuditEntry'),
} as const satisfies Record<string, Schema>;
