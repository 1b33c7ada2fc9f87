import { describe, expect, it } from 'vitest';
import { AddressRanges, plainAddress } from './sender-address.js';

describe('plainAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['unknown', null],
    ['', null],
    ['1.2.3', null],
    ['x'.repeat(10_000), null],
  ])('reads %s as %s', (text, address) => {
    expect(plainAddress(text)).toBe(address);
  });
});

describe('AddressRanges', () => {
  it('includes ranges and single addresses of both families', () => {
    const ranges = new AddressRanges(['203.0.113.0/24', '2001:db8::/32', '198.51.100.1']);
    const inside = ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8:1::1', '198.51.100.1'];
    const outside = ['203.0.114.1', '2001:db9::1', '198.51.100.2', 'unknown', ''];
    expect(inside.filter((address) => !ranges.includes(address))).toEqual([]);
    expect(outside.filter((address) => ranges.includes(address))).toEqual([]);
  });

  it('includes nothing if it is empty', () => {
    expect(new AddressRanges([]).includes('127.0.0.1')).toBe(false);
  });
});
