import { PHASES } from '../../domain/deployment/deployment.js';
import { ERROR_CODES } from '../../domain/errors.js';

/** A JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const text: Schema = { type: 'string' };
const textOrNull: Schema = { type: ['string', 'null'] };
const time: Schema = { type: 'string', format: 'date-time' };
const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };
const flag: Schema = { type: 'boolean' };
const millisecondsOrNull: Schema = { type: ['integer', 'null'], minimum: 0 };

/** A schema of `SCHEMAS`. */
export function ref(name: keyof typeof SCHEMAS): Schema {
  return reference(name);
}

function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

/** Every property is always there, but for those named optional. */
function object(properties: Record<string, Schema>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

function page(item: string): Schema {
  return object({
    items: list(reference(item)),
    next: { ...textOrNull, description: 'cursor of the next page' },
  });
}

/** The body of a request: nothing but what is named is required, and nothing else is allowed. */
function request(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  const needs = required.length === 0 ? {} : { required };
  return { type: 'object', properties, additionalProperties: false, ...needs };
}

const strategies = oneOf(['recreate', 'start-first', 'handover', 'auto']);
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
  expiresAt: { ...timeOrNull, description: 'when it ends if nobody approves it' },
  force: flag,
  group: {
    ...orNull(object({ id: text, position: { type: 'integer', minimum: 0 } })),
    description: 'which grouped deployment it belongs to, and its place there',
  },
};

const delivery: Record<string, Schema> = {
  id: text,
  webhook: text,
  type: text,
  receivedAt: time,
  from: text,
  outcome: oneOf(['accepted', 'ignored', 'duplicate']),
  reason: textOrNull,
  pushes: list(object({ image: text, tag: text, digest: textOrNull })),
  deployments: list(text),
};

/** Whether deployments may start by the windows of a policy, and when that changes. */
const window = orNull(object({ open: flag, opensAt: timeOrNull, closesAt: timeOrNull }));
const step = object({
  name: text,
  startedAt: time,
  finishedAt: timeOrNull,
  outcome: { enum: ['done', 'failed', 'interrupted', null] },
  detail: textOrNull,
});
/** Of settings, between the old container and the new one. */
const differences = list(
  object({ field: text, before: textOrNull, after: textOrNull, reason: textOrNull }),
);
const version = object({ tag: textOrNull, digest: textOrNull });
const component = object({ status: oneOf(['up', 'down']), reason: textOrNull });

/** The shapes of CONTRACT section 4. */
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
  Receipt: object({
    delivery: text,
    outcome: oneOf(['accepted', 'ignored', 'duplicate']),
    reason: text,
    deployments: list(text),
  }),
  Deployment: object(deployment),
  DeploymentWithSteps: object({
    ...deployment,
    steps: list(step),
    comparison: orNull(object({ at: time, compared: { type: 'integer' }, differences })),
  }),
  DeploymentPage: page('Deployment'),
  Service: object({
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
    policy: { type: 'object', description: 'as the configuration writes it' },
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
    lastDeployment: orNull(reference('Deployment')),
    quarantined: list(text),
  }),
  Environment: object({
    name: text,
    engine: text,
    policy: { type: 'object', description: 'as the configuration writes it' },
    window,
    frozen: orNull(reference('Freeze')),
    group: orNull(
      object({ order: list(text), onFailure: oneOf(['rollback-all', 'stop']), settle: text }),
    ),
    services: list(reference('Service')),
  }),
  EnvironmentPage: page('Environment'),
  Plan: object({
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
  }),
  DeliverySummary: object(delivery),
  Delivery: object({
    ...delivery,
    headers: { type: 'object', additionalProperties: text },
    body: text,
  }),
  DeliveryPage: page('DeliverySummary'),
  LogLine: object({
    seq: { type: 'integer' },
    at: time,
    level: oneOf(['info', 'warn', 'error']),
    text,
  }),
  LogPage: page('LogLine'),
  Liveness: object({ status: oneOf(['up']) }),
  Readiness: object({
    status: oneOf(['up', 'down']),
    storage: component,
    engines: { type: 'object', additionalProperties: component },
  }),
  DeployRequest: request({
    tag: { ...textOrNull, description: 'without tag and digest: the tag that the service follows' },
    digest: textOrNull,
    reason: { ...textOrNull, maxLength: 1000 },
    force: { type: ['boolean', 'null'] },
    dryRun: { type: ['boolean', 'null'], description: 'only tells the plan, with 200' },
  }),
  RollbackRequest: request({
    to: { ...textOrNull, description: 'id of a deployment; without: the last good digest' },
    reason: { ...textOrNull, maxLength: 1000 },
  }),
  VerdictRequest: request({ comment: { ...textOrNull, maxLength: 1000 } }),
  ApproveLinkRequest: request({
    for: { ...textOrNull, description: 'name of the approver; without: the caller' },
  }),
  ApproveLink: object({ url: text, expiresAt: time }),
  ApproveForm: request(
    { verdict: oneOf(['approve', 'reject']), comment: { ...text, maxLength: 1000 } },
    ['verdict'],
  ),
  Freeze: object({ reason: text, until: timeOrNull, by: text, since: time }),
  FreezeRequest: request(
    { reason: { ...text, minLength: 1, maxLength: 1000 }, until: timeOrNull },
    ['reason'],
  ),
  ExplainRequest: request(
    { image: { ...text, description: 'a repository, e.g. acme/web' }, tag: text },
    ['image', 'tag'],
  ),
  Explanation: object({
    service: text,
    decision: oneOf(['deploy', 'wait', 'skip', 'ignore', 'fail']),
    digest: textOrNull,
    waitingFor: textOrNull,
    notBefore: timeOrNull,
    reason: textOrNull,
    code: textOrNull,
    plan: orNull(reference('Plan')),
  }),
  ExplanationPage: page('Explanation'),
  QuarantineEntry: object({ digest: text, deployment: text, reason: text, at: time }),
  QuarantinePage: page('QuarantineEntry'),
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
  AuditPage: page('AuditEntry'),
} as const satisfies Record<string, Schema>;
