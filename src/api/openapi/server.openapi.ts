import { json, page, type Operations } from './openapi-operation.js';
import { object, oneOf, ref, textOrNull, type Schema } from './openapi-schema.js';

/** Health, metrics and this documentation. */
export const SERVER_OPERATIONS: Operations = {
  'GET /health/live': {
    id: 'isLive',
    summary: 'Liveness of the process',
    access: 'public',
    answers: { 200: json('the process is serving', ref('Liveness')) },
  },
  'GET /health/ready': {
    id: 'isReady',
    summary: 'Whether deliveries can be stored, and which engines respond',
    access: 'public',
    answers: {
      200: json('deliveries can be stored', ref('Readiness')),
      503: json('deliveries cannot be stored', ref('Readiness')),
    },
  },
  'GET /metrics': {
    id: 'getMetrics',
    summary: 'Prometheus metrics, unless server.metricsListen gives them their own address',
    access: 'public',
    answers: {
      200: { description: 'Prometheus text', content: { 'text/plain': { type: 'string' } } },
    },
    problems: [404],
  },
  'GET /api/openapi.json': {
    id: 'getOpenApi',
    summary: 'This document',
    access: 'public',
    answers: { 200: json('OpenAPI 3.1', { type: 'object' }) },
  },
  'GET /api/docs': {
    id: 'browse',
    summary: 'This document as a web page',
    access: 'public',
    answers: { 200: page('a page') },
  },
  'GET /api/docs/{file}': {
    id: 'getPageFile',
    summary: 'Scripts and styles of that page',
    access: 'public',
    answers: { 200: { description: 'a file', content: { '*/*': {} } } },
    problems: [404],
  },
};

const component = object({ status: oneOf(['up', 'down']), reason: textOrNull });

export const SERVER_SCHEMAS = {
  Liveness: object({ status: oneOf(['up']) }),
  Readiness: object({
    status: oneOf(['up', 'down']),
    storage: component,
    engines: { type: 'object', additionalProperties: component },
  }),
} as const satisfies Record<string, Schema>;
