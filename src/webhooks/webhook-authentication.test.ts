import type { Request } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { FailedAuthentications } from '../access/failed-authentications.js';
import * as hashes from '../access/secret-hash.js';
import type { ConfigurationService } from '../config/configuration.service.js';
import type { Webhook } from '../domain/settings/environment.js';
import { Secret } from '../domain/secrets/secret.js';
import { WebhookAuthentication } from './webhook-authentication.js';

vi.mock(import('../access/secret-hash.js'), async (load) => {
  const real = await load();
  return { ...real, indexOfHash: vi.fn(real.indexOfHash) };
});

function aWebhook(name: string, ...secrets: string[]): Webhook {
  const rest = {
    type: 'docker-hub',
    registry: 'docker.io',
    allowFrom: null,
    handler: null,
    environments: null,
  } as const;
  return { name, ...rest, secrets: secrets.map((secret) => new Secret(secret)) };
}

describe('WebhookAuthentication', () => {
  const throttle = { failedAuth: { limit: 0, perMs: 60_000 } };
  const webhooks = [
    aWebhook('one', 'the-only-secret-of-one'),
    aWebhook('two', 'first-secret-of-two', 'second-secret-of-two'),
  ];
  const current = { webhooks, throttle };
  const configuration = { current: () => current } as unknown as ConfigurationService;
  const authentication = new WebhookAuthentication(
    configuration,
    new FailedAuthentications(configuration),
  );
  const request = { ip: '198.51.100.1', socket: {} } as unknown as Request;

  it('compares as many hashes for an unknown name as for a wrong secret', () => {
    const compared = vi.mocked(hashes.indexOfHash);
    compared.mockClear();
    for (const [name, secret] of [
      ['nobody', 'x'],
      ['one', 'x'],
      ['two', 'x'],
      ['one', ''],
      ['', ''],
    ] as const) {
      expect(() => authentication.authenticate(name, secret, request)).toThrow(
        'there is nothing at this address',
      );
    }
    expect(
      compared.mock.calls.map(([presented, known]) => [
        presented.length,
        known.map((hash) => hash.length),
      ]),
    ).toEqual(Array.from({ length: 5 }, () => [32, [32, 32]]));
  });

  it('finds the webhook by any of its secrets', () => {
    expect(authentication.authenticate('one', 'the-only-secret-of-one', request).name).toBe('one');
    expect(authentication.authenticate('two', 'first-secret-of-two', request).name).toBe('two');
    expect(authentication.authenticate('two', 'second-secret-of-two', request).name).toBe('two');
    expect(() => authentication.authenticate('two', 'the-only-secret-of-one', request)).toThrow();
  });
});
