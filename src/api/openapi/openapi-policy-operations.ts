import { json, page, PAGE, type Operation } from './openapi-operation.js';
import { ref } from './openapi-schemas.js';

const ENVIRONMENT = '/api/v1/environments/{environment}';
const QUARANTINE = `${ENVIRONMENT}/services/{service}/quarantine`;

/** What goes wrong with a link is told on a page too. */
const LINK_TROUBLES = {
  404: page('not a link of this Deploy'),
  409: page('what it asks is decided, or not for this person any more'),
  410: page('it was used, or has expired'),
  429: page('too many requests, or too many wrong links'),
  503: page('storage cannot take it now'),
};

/** The routes by which people steer what policies decide. */
export const POLICY_OPERATIONS: Readonly<Record<string, Operation>> = {
  [`PUT ${ENVIRONMENT}/freeze`]: {
    id: 'freeze',
    summary: 'Nothing starts in the environment until somebody ends that, or until a time',
    access: 'operator',
    body: ref('FreezeRequest'),
    answers: { 200: json('the freeze', ref('Freeze')) },
    problems: [400, 404, 413, 415],
  },
  [`DELETE ${ENVIRONMENT}/freeze`]: {
    id: 'thaw',
    summary: 'Ends a freeze by hand',
    access: 'operator',
    answers: { 204: { description: 'there is none by hand', content: {} } },
    problems: [404, 409],
  },
  [`POST ${ENVIRONMENT}/explain`]: {
    id: 'explain',
    summary: 'What a push of this would do in each service now, and why; nothing is done',
    access: 'viewer',
    body: ref('ExplainRequest'),
    answers: { 200: json('each service', ref('ExplanationPage')) },
    problems: [400, 404, 413, 415],
  },
  [`GET ${QUARANTINE}`]: {
    id: 'listQuarantine',
    summary: 'Digests that are not deployed again, the longest quarantined first',
    access: 'viewer',
    answers: { 200: json('all of them', ref('QuarantinePage')) },
    problems: [400, 404],
  },
  [`DELETE ${QUARANTINE}/{digest}`]: {
    id: 'liftQuarantine',
    summary: 'Lets a digest be deployed again',
    access: 'operator',
    answers: { 204: { description: 'it may', content: {} } },
    problems: [404],
  },
  'POST /api/v1/deployments/{id}/approve': {
    id: 'approveDeployment',
    summary: 'Agrees to a deployment that waits for approval',
    access: 'operator',
    body: ref('VerdictRequest'),
    answers: { 200: json('the deployment', ref('Deployment')) },
    problems: [400, 404, 409, 413, 415],
  },
  'POST /api/v1/deployments/{id}/reject': {
    id: 'rejectDeployment',
    summary: 'Ends a deployment that waits for approval',
    access: 'operator',
    body: ref('VerdictRequest'),
    answers: { 200: json('the deployment', ref('Deployment')) },
    problems: [400, 404, 409, 413, 415],
  },
  'POST /api/v1/deployments/{id}/approve-link': {
    id: 'makeApproveLink',
    summary: 'A link by which one person can approve or reject it once; for somebody else: admin',
    access: 'operator',
    body: ref('ApproveLinkRequest'),
    answers: { 200: json('the link, which is secret', ref('ApproveLink')) },
    problems: [400, 404, 409, 413, 415],
  },
  'GET /approve/{token}': {
    id: 'showApproveLink',
    summary: 'Asks whether to approve or reject; changes nothing',
    access: 'public',
    answers: { 200: page('a form'), ...LINK_TROUBLES },
  },
  'POST /approve/{token}': {
    id: 'useApproveLink',
    summary: 'Approves or rejects, and uses the link up',
    access: 'public',
    body: ref('ApproveForm'),
    bodyType: 'application/x-www-form-urlencoded',
    answers: {
      200: page('done'),
      400: page('neither approve nor reject, or too long a comment'),
      413: page('the form is over 10 KiB'),
      415: page('not a form'),
      ...LINK_TROUBLES,
    },
  },
  'GET /api/v1/audit': {
    id: 'listAudit',
    summary: 'Who did what, newest first',
    access: 'admin',
    query: PAGE,
    answers: { 200: json('a page', ref('AuditPage')) },
    problems: [400],
  },
};
