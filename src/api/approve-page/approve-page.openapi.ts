import { ACTION_PROBLEMS, json, page, type Operations } from '../openapi/openapi-operation.js';
import {
  object,
  oneOf,
  ref,
  requestBody,
  text,
  textOrNull,
  time,
  type Schema,
} from '../openapi/openapi-schema.js';

/** Errors of a link are pages too. */
const LINK_ERRORS = {
  404: page('not a link of this Deploy'),
  409: page('already decided, or this person may no longer decide'),
  410: page('used or expired'),
  429: page('too many requests, or too many wrong links'),
  503: page('storage cannot take it at the moment'),
};

export const APPROVE_PAGE_OPERATIONS: Operations = {
  'POST /api/v1/deployments/{id}/approve-link': {
    id: 'makeApproveLink',
    summary:
      'Create a link with which one person can approve or reject once; for someone else: admin only',
    access: 'operator',
    body: ref('ApproveLinkRequest'),
    answers: { 200: json('the link, which is secret', ref('ApproveLink')) },
    problems: ACTION_PROBLEMS,
  },
  'GET /approve/{token}': {
    id: 'showApproveLink',
    summary: 'Ask whether to approve or reject; changes nothing',
    access: 'public',
    answers: { 200: page('a form'), ...LINK_ERRORS },
  },
  'POST /approve/{token}': {
    id: 'useApproveLink',
    summary: 'Approve or reject, which uses up the link',
    access: 'public',
    body: ref('ApproveForm'),
    bodyType: 'application/x-www-form-urlencoded',
    answers: {
      200: page('done'),
      400: page('neither approve nor reject, or the comment is too long'),
      413: page('the form is larger than 10 KiB'),
      415: page('not a form'),
      ...LINK_ERRORS,
    },
  },
};

export const APPROVE_PAGE_SCHEMAS = {
  ApproveLinkRequest: requestBody({
    for: { ...textOrNull, description: 'name of the approver; default: the caller' },
  }),
  ApproveLink: object({ url: text, expiresAt: time }),
  ApproveForm: requestBody(
    { verdict: oneOf(['approve', 'reject']), comment: { ...text, maxLength: 1000 } },
    ['verdict'],
  ),
} as const satisfies Record<string, Schema>;
