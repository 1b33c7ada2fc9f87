import type { Request } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { FailedAuthentications } from '../access/failed-authentications.js';
import * as hashes from '../access/secret-hash.js';
import type { ConfigurationService } from '../config/configuration.service.js';
import type { Webhook } from '../domain/settings/environment.js';
import { Secret } from '../domain/secrets/secret.js';
import { RequestBody } from './request-body.js';
import { Sources } from './sources/sources.js';
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
    new Sources(),
  );
  const request = { ip: '198.51.100.1', socket: {} } as unknown as Request;

  async function authenticated(name: string, pathSecret: string | null): Promise<string> {
    const body = new RequestBody(request);
    const sender = await authentication.authenticate({ name, pathSecret }, request, body);
    return sender.webhook.name;
  }

  it('compares as many hashes for an unknown name as for a wrong secret', async () => {
    const compared = vi.mocked(hashes.indexOfHash);
    compared.mockClear();
    for (const [name, secret] of [
      ['nobody', 'x'],
      ['one', 'x'],
      ['two', 'x'],
      ['one', null],
      ['', ''],
    ] as const) {
      await expect(authenticated(name, secret)).rejects.toThrow('there is nothing at this address');
    }
    expect(
      compared.mock.calls.map(([presented, known]) => [
        presented.length,
        known.map((hash) => hash.length),
      ]),
    ).toEqual(Array.from({ length: 5 }, () => [32, [32, 32]]));
  });

  it('finds the webhook by any of its secrets', async () => {
    expect(await authenticated('one', 'the-only-secret-of-one')).toBe('one');
    expect(await authenticated('two', 'first-secret-of-two')).toBe('two');
    expect(await authenticated('two', 'second-secret-of-two')).toBe('two');
    await expect(authenticated('two', 'the-only-secret-of-one')).rejects.toThrow();
  });
});
