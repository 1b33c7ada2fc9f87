import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DeployError } from '../errors.js';
import { Secret } from './secret.js';

const VALUE = 'correct-horse-battery-staple';
const secret = new Secret(VALUE);

describe('a secret', () => {
  it('is revealed on request', () => {
    expect(secret.reveal()).toBe(VALUE);
  });

  // As if something used it as a string after all.
  const joined = secret as unknown as string;

  it.each<readonly [string, string]>([
    ['as a string', String(secret)],
    ['in a template', `token ${joined}`],
    ['joined to a string', 'Bearer ' + joined],
    ['in a list', [secret].join()],
    ['as JSON', JSON.stringify({ password: secret })],
    ['inspected', inspect({ nested: { secrets: [secret] } }, { depth: 9, showHidden: true })],
    ['formatted', format('%s %o %O %j', secret, secret, secret, secret)],
    ['in an error', inspect(new DeployError('internal', `cannot log in with ${joined}`))],
    ['as the cause of an error', inspect(new Error('failed', { cause: { secret } }))],
    ['copied field by field', JSON.stringify(Object.assign({}, secret))],
    ['among its keys', Reflect.ownKeys(secret).map(String).join()],
  ])('does not show %s', (where, text) => {
    expect(text).not.toContain(VALUE);
    if (!/copied|keys/.test(where)) expect(text).toContain('***');
  });
});
