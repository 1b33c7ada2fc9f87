import { describe, expect, it } from 'vitest';
import { parseAddressRange } from './address-range.js';

describe('parseAddressRange', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::FFFF:10.0.0.1', '10.0.0.1/32'],
  ])('reads %s as %s', (text, range) => {
    expect(parseAddressRange(text)).toBe(range);
  });

  it.each([
    '',
    'x',
    '10.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/95',
    '256.0.0.1',
    ' 10.0.0.1',
  ])('%j is neither an address nor a range', (text) => {
    expect(parseAddressRange(text)).toBeNull();
  });
});
