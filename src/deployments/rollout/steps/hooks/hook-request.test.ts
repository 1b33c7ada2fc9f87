import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../domain/secrets/secret.js';
import { aDeployment } from '../../../../domain/testing/builders.js';
import { anHttpHook } from '../../../../domain/testing/hook-builders.js';
import { deploymentView } from '../../../../domain/deployment/deployment-view.js';
import { hookRequest, signatureOf, type HookMessage } from './hook-request.js';

const NOW = 1_800_000_000_999;
const MESSAGE: HookMessage = {
  event: 'after',
  deployment: deploymentView(aDeployment()),
  failure: null,
};

describe('the request of a hook', () => {
  it('describes the deployment as the API does, in JSON', () => {
    const request = hookRequest(
      anHttpHook({ headers: { Authorization: new Secret('Bearer 1') } }),
      MESSAGE,
      NOW,
    );
    expect(request.method).toBe('POST');
    expect(request.url.href).toBe('https://ci.example.com/hooks/secret-part');
    expect(request.headers).toEqual({
      Authorization: 'Bearer 1',
      'content-type': 'application/json',
      'x-deploy-event': 'after',
      'x-deploy-timestamp': '1800000000',
    });
    expect(JSON.parse(request.body ?? '')).toEqual(MESSAGE);
    expect(request.body).not.toContain('pinned');
  });

  it('is signed over its timestamp and its exact body', () => {
    const secret = new Secret('signing-secret-0123456789');
    const { body, headers } = hookRequest(anHttpHook({ secret }), MESSAGE, NOW);
    const hex = createHmac('sha256', secret.reveal())
      .update('1800000000.')
      .update(body ?? '')
      .digest('hex');
    expect(headers['x-deploy-signature']).toBe(`sha256=${hex}`);
  });

  it('is signed without a body if it has none', () => {
    const secret = new Secret('signing-secret-0123456789');
    const { body, headers } = hookRequest(anHttpHook({ secret, method: 'GET' }), MESSAGE, NOW);
    expect(body).toBeNull();
    expect(headers).not.toHaveProperty('content-type');
    expect(headers['x-deploy-signature']).toBe(signatureOf(secret.reveal(), '1800000000', ''));
  });

  it('has a signature that other programs can reproduce', () => {
    // openssl: printf '%s' '1800000000.{}' | openssl dgst -sha256 -hmac key
    expect(signatureOf('key', '1800000000', '{}')).toBe(
      'sha256=7321475872b03ff21bdc2dfd86ea2d99ec29c479fbe4a77aa6acf4509505493f',
    );
  });
});
