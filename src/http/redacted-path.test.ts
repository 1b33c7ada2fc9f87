import { describe, expect, it } from 'vitest';
import { redactedPath } from './redacted-path.js';

const SECRET = 'a-secret-of-more-than-twenty-characters';

describe('redactedPath', () => {
  it.each([
    [`/webhooks/hub/${SECRET}`, '/webhooks/hub/***'],
    ['/webhooks/hub/short', '/webhooks/hub/***'],
    [`/webhooks/hub/${SECRET}/and/more`, '/webhooks/hub/***'],
    [`/webhooks/hub//${SECRET}`, '/webhooks/hub/***'],
    [`/WebHooks/hub/${SECRET}?a=${SECRET}`, '/WebHooks/hub/***'],
    [`/%77ebhooks/hub/${SECRET}`, '/%77ebhooks/hub/***'],
    [`/webhooks/${SECRET}`, '/webhooks/***'],
    [`/api/v1/webhooks/hub/${SECRET}`, '/api/v1/webhooks/hub/***'],
    [`http://deploy.example.com/webhooks/hub/${SECRET}`, '/webhooks/hub/***'],
    [`/approve/${SECRET}`, '/approve/***'],
    ['/approve/short', '/approve/***'],
    [`//Approve//${SECRET}/x`, '//Approve/***'],
    [`/%61pprove/${SECRET}`, '/%61pprove/***'],
    [`/prefix/approve/${SECRET}?x=${SECRET}`, '/prefix/approve/***'],
    [`/api/v1/approve/${SECRET}`, '/api/v1/approve/***'],
    [
      '/api/v1/deployments/01ARZ3NDEKTSV4RRFFQ69G5FAV/approve',
      '/api/v1/deployments/01ARZ3NDEKTSV4RRFFQ69G5FAV/approve',
    ],
    [`/${SECRET}`, '/***'],
    [`/%zz/webhooks/hub/${SECRET}`, '/%zz/webhooks/hub/***'],
    ['/webhooks/hub', '/webhooks/hub'],
    ['/webhooks', '/webhooks'],
    [
      '/api/v1/deployments/01ARZ3NDEKTSV4RRFFQ69G5FAV?x=1',
      '/api/v1/deployments/01ARZ3NDEKTSV4RRFFQ69G5FAV',
    ],
    ['/health/ready', '/health/ready'],
    ['/', '/'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactedPath(url)).toBe(shown);
  });

  it('stays short', () => {
    expect(redactedPath(`/api/v1/${'x/'.repeat(5000)}`).length).toBeLessThanOrEqual(200);
  });
});
