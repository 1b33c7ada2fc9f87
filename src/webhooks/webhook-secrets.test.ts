import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../domain/secrets/secret.js';
import { WebhookSecrets } from './webhook-secrets.js';

const OLD = 'the-secret-that-is-going';
const NEW = 'the-secret-that-is-coming';
const none = new WebhookSecrets([]);
const empty = new WebhookSecrets([new Secret('')]);
const both = new WebhookSecrets([new Secret(OLD), new Secret(NEW)]);

const sign = (secret: string): string => createHmac('sha256', secret).update('body').digest('hex');

describe('WebhookSecrets', () => {
  it('knows both secrets of a rotation, and nothing else', () => {
    const presented = [OLD, NEW, '', 'other', `${OLD} `, OLD.toUpperCase()];
    expect(presented.filter((each) => both.includes(each))).toEqual([OLD, NEW]);
  });

  it('knows the signatures of both, and nothing else', () => {
    const presented = [sign(OLD), sign(NEW), '', sign(''), sign('other'), sign(OLD).slice(1)];
    expect(presented.filter((each) => both.haveSigned(each, sign))).toEqual([sign(OLD), sign(NEW)]);
  });

  it('refuses everything without a secret, or with an empty one', () => {
    for (const secrets of [none, empty]) {
      expect(['', 'other'].filter((each) => secrets.includes(each))).toEqual([]);
      expect(['', sign('')].filter((each) => secrets.haveSigned(each, sign))).toEqual([]);
    }
  });

  it('refuses an empty signature, whatever the signing makes', () => {
    expect(both.haveSigned('', () => '')).toBe(false);
  });
});
