import { describe, expect, it } from 'vitest';
import { redacted, secretValuesIn } from './redaction.js';
import { Secret } from './secret.js';

describe('redaction', () => {
  it('hides every secret of a configuration, however deep it stands', () => {
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

  it('hides the whole of a secret that holds another one', () => {
    const values = secretValuesIn([new Secret('word'), new Secret('password-1')]);
    expect(redacted('password-1 and word', values)).toBe('*** and ***');
  });

  it('hides each line of a secret of several lines, because output is shown line by line', () => {
    const values = secretValuesIn([new Secret('-----BEGIN KEY-----\nMIIBpjCCAU2g\nab\n')]);
    expect(redacted('read MIIBpjCCAU2g, ab', values)).toBe('read ***, ab');
  });

  it('leaves values alone that stand in every second word', () => {
    expect(redacted('a test', secretValuesIn([new Secret(''), new Secret('a')]))).toBe('a test');
  });

  it('takes characters of patterns for what they are', () => {
    expect(redacted('a.c$& abc', secretValuesIn([new Secret('a.c$&')]))).toBe('*** abc');
  });

  it('ends with what holds itself', () => {
    const circle: Record<string, unknown> = { secret: new Secret('hidden') };
    circle['again'] = circle;
    expect(secretValuesIn(circle)).toEqual(['hidden']);
  });
});
