import { PHASES } from '../../domain/deployment/deployment.js';
import { json, PAGE, type Operation } from './openapi-operation.js';
import { POLICY_OPERATIONS } from './openapi-policy-operations.js';
import { ref, type Schema } from './openapi-schemas.js';

const LAST_EVENT_ID: Readonly<Record<string, Schema>> = {
  'Last-Event-ID': { type: 'string', description: 'goes on after this event' },
};
const STREAM: Schema = { type: 'string', description: 'server-sent events' };

const SERVICE = '/api/v1/environments/{environment}/services/{service}';

/** Every route of the program, by method and path. A test holds it to the routes that there are. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /webhooks/{name}/{secret}': {
    id: 'receiveWebhook',
    summary: 'A registry tells of a push',
    access: 'public',
    body: { description: "the registry's own" },
    answers: { 202: json('stored, whatever it says', ref('Receipt')) },
    problems: [403, 404, 413],
  },
  'POST /webhooks/{name}': {
    id: 'receiveSignedWebhook',
    summary: 'A registry with a header or signature of its own tells of a push',
    access: 'public',
    body: { description: "the registry's own" },
    answers: { 202: json('stored, whatever it says', ref('Receipt')) },
    problems: [401, 403, 404, 413],
  },
  'GET /api/v1/environments': {
    id: 'listEnvironments',
    summary: 'Environments with the state of each service',
    access: 'viewer',
    answers: { 200: json('all that the token may see', ref('EnvironmentPage')) },
    problems: [400],
  },
  'GET /api/v1/environments/{environment}': {
    id: 'getEnvironment',
    summary: 'One environment',
    access: 'viewer',
    answers: { 200: json('the environment', ref('Environment')) },
    problems: [404],
  },
  [`GET ${SERVICE}`]: {
    id: 'getService',
    summary: 'One service: what runs, and its last deployment',
    access: 'viewer',
    answers: { 200: json('the service', ref('Service')) },
    problems: [404],
  },
  [`POST ${SERVICE}/deployments`]: {
    id: 'deploy',
    summary: 'Deploys by hand',
    access: 'operator',
    body: ref('DeployRequest'),
    answers: {
      200: json('with dryRun: what would be done', ref('Plan')),
      202: json('the deployment', ref('Deployment')),
    },
    problems: [400, 404, 409, 413, 415],
  },
  [`POST ${SERVICE}/rollback`]: {
    id: 'rollBack',
    summary: 'Goes back to the last good digest, or to that of an earlier deployment',
    access: 'operator',
    body: ref('RollbackRequest'),
    answers: { 202: json('the deployment', ref('Deployment')) },
    problems: [400, 404, 409, 413, 415],
  },
  'GET /api/v1/deployments': {
    id: 'listDeployments',
    summary: 'Deployments, newest first',
    access: 'viewer',
    query: {
      environment: { type: 'string' },
      service: { type: 'string' },
      phase: { type: 'string', enum: PHASES },
      group: { type: 'string', description: 'id of a grouped deployment' },
      ...PAGE,
    },
    answers: { 200: json('a page', ref('DeploymentPage')) },
    problems: [400],
  },
  'GET /api/v1/deployments/{id}': {
    id: 'getDeployment',
    summary: 'One deployment, with its steps',
    access: 'viewer',
    answers: { 200: json('the deployment', ref('DeploymentWithSteps')) },
    problems: [404],
  },
  'GET /api/v1/deployments/{id}/log': {
    id: 'getDeploymentLog',
    summary: 'What a deployment told while it was at work',
    access: 'viewer',
    query: {
      follow: { type: 'string', description: 'as a stream: goes on until the deployment ends' },
      ...PAGE,
    },
    headers: LAST_EVENT_ID,
    answers: {
      200: {
        description: 'its lines',
        content: {
          'application/json': ref('LogPage'),
          'text/event-stream': STREAM,
          'text/plain': { type: 'string' },
        },
      },
    },
    problems: [400, 404],
  },
  'POST /api/v1/deployments/{id}/cancel': {
    id: 'cancelDeployment',
    summary: 'Ends a deployment that has not started',
    access: 'operator',
    body: ref('VerdictRequest'),
    answers: { 200: json('the deployment', ref('Deployment')) },
    problems: [400, 404, 409, 413, 415],
  },
  ...POLICY_OPERATIONS,
  'GET /api/v1/deliveries': {
    id: 'listDeliveries',
    summary: 'What senders sent, newest first',
    access: 'operator',
    query: PAGE,
    answers: { 200: json('a page', ref('DeliveryPage')) },
    problems: [400],
  },
  'GET /api/v1/deliveries/{id}': {
    id: 'getDelivery',
    summary: 'One delivery, with headers and body',
    access: 'operator',
    answers: { 200: json('the delivery', ref('Delivery')) },
    problems: [404],
  },
  'POST /api/v1/deliveries/{id}/replay': {
    id: 'replayDelivery',
    summary: 'Takes a delivery in once more, as a new one',
    access: 'operator',
    answers: { 202: json('the new delivery', ref('Delivery')) },
    problems: [404],
  },
  'GET /api/v1/events': {
    id: 'streamEvents',
    summary: 'Changes of deployments, as they happen',
    access: 'viewer',
    headers: LAST_EVENT_ID,
    answers: {
      200: {
        description: 'events named "deployment", their data a deployment without steps',
        content: { 'text/event-stream': STREAM },
      },
    },
    problems: [400],
  },
  'GET /health/live': {
    id: 'isLive',
    summary: 'Whether the process serves',
    access: 'public',
    answers: { 200: json('it does', ref('Liveness')) },
  },
  'GET /health/ready': {
    id: 'isReady',
    summary: 'Whether deliveries can be stored, and which engines answer',
    access: 'public',
    answers: {
      200: json('they can', ref('Readiness')),
      503: json('they cannot', ref('Readiness')),
    },
  },
  'GET /metrics': {
    id: 'getMetrics',
    summary: 'Metrics, unless server.metricsListen gives them an address of their own',
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
    summary: 'This document as a page',
    access: 'public',
    answers: { 200: { description: 'a page', content: { 'text/html': { type: 'string' } } } },
  },
  'GET /api/docs/{file}': {
    id: 'getPageFile',
    summary: 'Scripts and styles of that page',
    access: 'public',
    answers: { 200: { description: 'a file', content: { '*/*': {} } } },
    problems: [404],
  },
};
