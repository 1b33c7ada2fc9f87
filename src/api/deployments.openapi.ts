import { PHASES } from '../domain/deployment/deployment.js';
import { json, PAGE, verdictOperation, type Operations } from './openapi/openapi-operation.js';
import {
  flag,
  list,
  millisecondsOrNull,
  object,
  oneOf,
  orNull,
  pageOf,
  ref,
  requestBody,
  text,
  textOrNull,
  time,
  timeOrNull,
  type Schema,
} from './openapi/openapi-schema.js';

const DEPLOYMENT = '/api/v1/deployments/{id}';

export const DEPLOYMENT_OPERATIONS: Operations = {
  'GET /api/v1/deployments': {
    id: 'listDeployments',
    summary: 'Deployments, newest first',
    access: 'viewer',
    query: {
      environment: text,
      service: text,
      phase: oneOf(PHASES),
      group: { ...text, description: 'id of a grouped deployment' },
      ...PAGE,
    },
    answers: { 200: json('a page', ref('DeploymentPage')) },
    problems: [400],
  },
  [`GET ${DEPLOYMENT}`]: {
    id: 'getDeployment',
    summary: 'One deployment, with its steps',
    access: 'viewer',
    answers: { 200: json('the deployment', ref('DeploymentWithSteps')) },
    problems: [404],
  },
  [`POST ${DEPLOYMENT}/approve`]: verdictOperation(
    'approveDeployment',
    'Approve a deployment that is waiting for approval',
  ),
  [`POST ${DEPLOYMENT}/reject`]: verdictOperation(
    'rejectDeployment',
    'Reject a deployment that is waiting for approval, which ends it',
  ),
  [`POST ${DEPLOYMENT}/cancel`]: verdictOperation(
    'cancelDeployment',
    'Cancel a deployment that has not started',
  ),
};

export const strategies = oneOf(['recreate', 'start-first', 'handover', 'auto']);

const deployment: Record<string, Schema> = {
  id: text,
  environment: text,
  service: text,
  image: text,
  tag: text,
  digest: textOrNull,
  previousDigest: textOrNull,
  trigger: object({
    kind: oneOf(['webhook', 'api', 'poll', 'rollback', 'promotion']),
    by: text,
    delivery: textOrNull,
  }),
  phase: oneOf(PHASES),
  waitingFor: textOrNull,
  reason: textOrNull,
  strategy: strategies,
  downtimeMs: millisecondsOrNull,
  createdAt: time,
  notBefore: timeOrNull,
  startedAt: timeOrNull,
  finishedAt: timeOrNull,
  supersededBy: textOrNull,
  approvals: list(object({ by: text, at: time })),
  error: orNull(
    object({
      code: text,
      message: text,
      retryable: flag,
      serving: oneOf(['old', 'none', 'new']),
      logTail: orNull(list(text)),
    }),
  ),
  expiresAt: { ...timeOrNull, description: 'when it expires unless it is approved' },
  force: flag,
  group: {
    ...orNull(object({ id: text, position: { type: 'integer', minimum: 0 } })),
    description: 'the grouped deployment that it belongs to, and its position there',
  },
};

const step = object({
  name: text,
  startedAt: time,
  finishedAt: timeOrNull,
  outcome: { enum: ['done', 'failed', 'interrupted', null] },
  detail: textOrNull,
});

/** Between the settings of the old container and those of the new one. */
const differences = list(
  object({ field: text, before: textOrNull, after: textOrNull, reason: textOrNull }),
);

export const DEPLOYMENT_SCHEMAS = {
  Deployment: object(deployment),
  DeploymentWithSteps: object({
    ...deployment,
    steps: list(step),
    comparison: orNull(object({ at: time, compared: { type: 'integer' }, differences })),
  }),
  DeploymentPage: pageOf('Deployment'),
  VerdictRequest: requestBody({ comment: { ...textOrNull, maxLength: 1000 } }),
} as const satisfies Record<string, Schema>;
