import { json, noContent, type Operations } from './openapi/openapi-operation.js';
import { object, pageOf, ref, text, time, type Schema } from './openapi/openapi-schema.js';

const QUARANTINE = '/api/v1/environments/{environment}/services/{service}/quarantine';

export const QUARANTINE_OPERATIONS: Operations = {
  [`GET ${QUARANTINE}`]: {
    id: 'listQuarantine',
    summary: 'Quarantined digests of a service, oldest entry first',
    access: 'viewer',
    answers: { 200: json('all of them', ref('QuarantinePage')) },
    problems: [400, 404],
  },
  [`DELETE ${QUARANTINE}/{digest}`]: {
    id: 'liftQuarantine',
    summary: 'Allow a quarantined digest to be deployed again',
    access: 'operator',
    answers: { 204: noContent('it is no longer quarantined') },
    problems: [404],
  },
};

export const QUARANTINE_SCHEMAS = {
  QuarantineEntry: object({ digest: text, deployment: text, reason: text, at: time }),
  QuarantinePage: pageOf('QuarantineEntry'),
} as const satisfies Record<string, Schema>;
