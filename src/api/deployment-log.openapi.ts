import { LAST_EVENT_ID, PAGE, STREAM, type Operations } from './openapi/openapi-operation.js';
import { object, oneOf, pageOf, ref, text, time, type Schema } from './openapi/openapi-schema.js';

export const DEPLOYMENT_LOG_OPERATIONS: Operations = {
  'GET /api/v1/deployments/{id}/log': {
    id: 'getDeploymentLog',
    summary: 'Deployment log',
    access: 'viewer',
    query: {
      follow: {
        type: 'string',
        description: 'for a stream: keeps it open until the deployment ends',
      },
      ...PAGE,
    },
    headers: LAST_EVENT_ID,
    answers: {
      200: {
        description: 'the lines of the log',
        content: {
          'application/json': ref('LogPage'),
          'text/event-stream': STREAM,
          'text/plain': { type: 'string' },
        },
      },
    },
    problems: [400, 404],
  },
};

export const DEPLOYMENT_LOG_SCHEMAS = {
  LogLine: object({
    seq: { type: 'integer' },
    at: time,
    level: oneOf(['info', 'warn', 'error']),
    text,
  }),
  LogPage: pageOf('LogLine'),
} as const satisfies Record<string, Schema>;
