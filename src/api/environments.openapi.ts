import { strategies } from './deployments.openapi.js';
import { ACTION_PROBLEMS, json, noContent, type Operations } from './openapi/openapi-operation.js';
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

const ENVIRONMENTS = '/api/v1/environments';
const ENVIRONMENT = `${ENVIRONMENTS}/{environment}`;
const SERVICE = `${ENVIRONMENT}/services/{service}`;

export const ENVIRONMENT_OPERATIONS: Operations = {
  [`GET ${ENVIRONMENTS}`]: {
    id: 'listEnvironments',
    summary: 'Environments, with the state of each service',
    access: 'viewer',
    answers: { 200: json('all that the token may see', ref('EnvironmentPage')) },
    problems: [400],
  },
  [`GET ${ENVIRONMENT}`]: {
    id: 'getEnvironment',
    summary: 'One environment',
    access: 'viewer',
    answers: { 200: json('the environment', ref('Environment')) },
    problems: [404],
  },
  [`PUT ${ENVIRONMENT}/freeze`]: {
    id: 'freeze',
    summary: 'Freeze the environment: nothing starts until the freeze is lifted or its time is up',
    access: 'operator',
    body: ref('FreezeRequest'),
    answers: { 200: json('the freeze', ref('Freeze')) },
    problems: [400, 404, 413, 415],
  },
  [`DELETE ${ENVIRONMENT}/freeze`]: {
    id: 'thaw',
    summary: 'Lift a manual freeze',
    access: 'operator',
    answers: { 204: noContent('there is no manual freeze') },
    problems: [404, 409],
  },
  [`POST ${ENVIRONMENT}/explain`]: {
    id: 'explain',
    summary: 'Explain what a push would do in each service now, and why, without doing it',
    access: 'viewer',
    body: ref('ExplainRequest'),
    answers: { 200: json('an explanation for each service', ref('ExplanationPage')) },
    problems: [400, 404, 413, 415],
  },
  [`GET ${SERVICE}`]: {
    id: 'getService',
    summary: 'One service: what is running, and its last deployment',
    access: 'viewer',
    answers: { 200: json('the service', ref('Service')) },
    problems: [404],
  },
  [`POST ${SERVICE}/deployments`]: {
    id: 'deploy',
    summary: 'Deploy manually',
    access: 'operator',
    body: ref('DeployRequest'),
    answers: {
      200: json('with dryRun: the plan', ref('Plan')),
      202: json('the deployment', ref('Deployment')),
    },
    problems: ACTION_PROBLEMS,
  },
  [`POST ${SERVICE}/rollback`]: {
    id: 'rollBack',
    summary: 'Roll back to the last good digest, or to that of an earlier deployment',
    access: 'operator',
    body: ref('RollbackRequest'),
    answers: { 202: json('the deployment', ref('Deployment')) },
    problems: ACTION_PROBLEMS,
  },
};

/** Whether the windows of the policy let deployments start, and when that changes. */
const window = orNull(object({ open: flag, opensAt: timeOrNull, closesAt: timeOrNull }));
const version = object({ tag: textOrNull, digest: textOrNull });
const policy: Schema = { type: 'object', description: 'as written in the configuration' };
const reason: Schema = { ...textOrNull, maxLength: 1000 };

const Service = object({
  name: text,
  environment: text,
  container: text,
  image: text,
  tag: {
    description:
      'the rule: a tag, or {semver, allowDowngrade?}, {glob} or {regex}, each with ignore? (a list)',
    type: ['string', 'object'],
  },
  strategy: strategies,
  policy,
  window,
  running: orNull(
    object({
      containerId: text,
      digest: textOrNull,
      tag: textOrNull,
      health: textOrNull,
      since: timeOrNull,
    }),
  ),
  state: oneOf(['ok', 'missing', 'stopped', 'unhealthy', 'unknown']),
  lastDeployment: orNull(ref('Deployment')),
  quarantined: list(text),
});

const Environment = object({
  name: text,
  engine: text,
  policy,
  window,
  frozen: orNull(ref('Freeze')),
  group: orNull(
    object({ order: list(text), onFailure: oneOf(['rollback-all', 'stop']), settle: text }),
  ),
  services: list(ref('Service')),
});

const Plan = object({
  strategy: strategies,
  strategyReason: textOrNull,
  from: orNull(version),
  to: version,
  steps: list(object({ name: text, description: text })),
  differences: { type: 'array' },
  dependents: list(
    object({
      name: text,
      by: list(oneOf(['network', 'ipc', 'pid', 'link', 'depends-on', 'volumes'])),
      does: oneOf(['recreate', 'restart', 'nothing']),
    }),
  ),
  expectedDowntimeMs: millisecondsOrNull,
});

const Explanation = object({
  service: text,
  decision: oneOf(['deploy', 'wait', 'skip', 'ignore', 'fail']),
  digest: textOrNull,
  waitingFor: textOrNull,
  notBefore: timeOrNull,
  reason: textOrNull,
  code: textOrNull,
  plan: orNull(ref('Plan')),
});

export const ENVIRONMENT_SCHEMAS = {
  Service,
  Environment,
  EnvironmentPage: pageOf('Environment'),
  Plan,
  Explanation,
  ExplanationPage: pageOf('Explanation'),
  Freeze: object({ reason: text, until: timeOrNull, by: text, since: time }),
  FreezeRequest: requestBody(
    { reason: { ...text, minLength: 1, maxLength: 1000 }, until: timeOrNull },
    ['reason'],
  ),
  ExplainRequest: requestBody(
    { image: { ...text, description: 'a repository, e.g. acme/web' }, tag: text },
    ['image', 'tag'],
  ),
  DeployRequest: requestBody({
    tag: {
      ...textOrNull,
      description: 'default without a digest: the tag that the service follows',
    },
    digest: textOrNull,
    reason,
    force: { type: ['boolean', 'null'] },
    dryRun: { type: ['boolean', 'null'], description: 'only returns the plan, with 200' },
  }),
  RollbackRequest: requestBody({
    to: { ...textOrNull, description: 'id of a deployment; default: the last good digest' },
    reason,
  }),
} as const satisfies Record<string, Schema>;
