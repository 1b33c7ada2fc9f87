import { describe, expect, it } from 'vitest';
import { aDigest } from '../../../test/unit/storage/samples.js';
import type { ApproveLink } from '../../domain/deployment/approve-link.js';
import { readLink, signLink } from './link-signature.js';

const KEY = Buffer.alloc(32, 1);
const LINK: ApproveLink = {
  id: 'random',
  deployment: '01DEPLOYMENT0000000000000A',
  digest: aDigest('1'),
  person: 'änna <a&b>',
  expiresAt: '2026-03-01T10:00:00.000Z',
};

describe('an approve link', () => {
  const token = signLink(LINK, KEY);
  const [payload = '', signature = ''] = token.split('.');

  it('says what was signed, in characters that need no encoding in an address', () => {
    expect(readLink(token, KEY)).toEqual(LINK);
    expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
    // Programs that find links in texts leave a dash or underscore out at the end.
    expect(token).toMatch(/[A-Za-z0-9]$/);
  });

  it.each([
    ['another key', token, Buffer.alloc(32, 2)],
    ['another digest', signedAs({ digest: aDigest('2') }), KEY],
    ['another person', signedAs({ person: 'ben' }), KEY],
    ['a later end', signedAs({ expiresAt: '2099-01-01T00:00:00.000Z' }), KEY],
    ['no signature', payload, KEY],
    ['an empty signature', `${payload}.`, KEY],
    ['half a signature', `${payload}.${signature.slice(0, 20)}`, KEY],
    ['a longer signature', `${token}A`, KEY],
    ['the same bytes written otherwise', `${token}=`, KEY],
    ['a signature of nothing', `.${signature}`, KEY],
    ['nothing', '', KEY],
    ['a dot', '.', KEY],
    ['other characters', 'ä.ö', KEY],
  ])('is none with %s', (_, forged, key) => {
    expect(readLink(forged, key)).toBeNull();
  });

  /** With the signature of the right one. */
  function signedAs(changes: Partial<ApproveLink>): string {
    const [other = ''] = signLink({ ...LINK, ...changes }, KEY).split('.');
    return `${other}.${token.split('.')[1] ?? ''}`;
  }
});
