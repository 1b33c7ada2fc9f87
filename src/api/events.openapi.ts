import { LAST_EVENT_ID, STREAM, type Operations } from './openapi/openapi-operation.js';

export const EVENT_OPERATIONS: Operations = {
  'GET /api/v1/events': {
    id: 'streamEvents',
    summary: 'Changes of deployments, as they happen',
    access: 'viewer',
    headers: LAST_EVENT_ID,
    answers: {
      200: {
        description: 'events named "deployment", each with a deployment without steps as its data',
        content: { 'text/event-stream': STREAM },
      },
    },
    problems: [400],
  },
};
