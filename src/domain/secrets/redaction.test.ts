import { describe, expect, it } from 'vitest';
import { redacted, secretValuesIn } from './redaction.js';
import { Secret } from './secret.js';

describe('redaction', () => {
  it('hides every secret of a configuration, however deeply nested', () => {
    const values = secretValuesIn({
      tokens: [{ name: 'ci', secret: new Secret('first-secret') }],
      engines: [{ tls: { key: new Secret('second-secret') } }],
      other: 'no secret',
      nothing: null,
    });
    expect(redacted('first-secret, second-secret and no secret', values)).toBe(
      '***, *** and no secret',
    );
  });

  it('hides a secret as a whole if it contains another one', () => {
    const values = secretValuesIn([new Secret('word'), new Secret('password-1')]);
    expect(redacted('password-1 and word', values)).toBe('*** and ***');
  });

  it('hides each line of a multi-line secret, because output is shown line by line', () => {
    const values = secretValuesIn([new Secret('-----BEGIN KEY-----\nMIIBpjCCAU2g\nab\n')]);
    expect(redacted('read MIIBpjCCAU2g, ab', values)).toBe('read ***, ab');
  });

  it('leaves values alone that are too short', () => {
    expect(redacted('a test', secretValuesIn([new Secret(''), new Secret('a')]))).toBe('a test');
  });

  it('takes pattern characters literally', () => {
    expect(redacted('a.c$& abc', secretValuesIn([new Secret('a.c$&')]))).toBe('*** abc');
  });

  it('terminates on circular references', () => {
    const circle: Record<string, unknown> = { secret: new Secret('hidden') };
    circle['again'] = circle;
    expect(secretValuesIn(circle)).toEqual(['hidden']);
  });
});
