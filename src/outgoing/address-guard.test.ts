import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import type { Lookup } from './address-guard.js';
import {
  PRIVATE_ADDRESS_CODE,
  guardedLookup,
  isLoopbackHost,
  isPrivateAddress,
  literalAddress,
} from './address-guard.js';

describe('isPrivateAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '2002:7f00:1::',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
  ])('%s is', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '11.0.0.1',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '223.255.255.255',
    '2606:4700::1',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
    'registry.example',
    '',
  ])('%j is not', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('isLoopbackHost', () => {
  it.each(['http://localhost:5000', 'http://127.0.0.1', 'http://127.8.9.1', 'http://[::1]:5000'])(
    '%s is',
    (url) => {
      expect(isLoopbackHost(new URL(url).hostname)).toBe(true);
    },
  );

  it.each([
    'http://127.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://mylocalhost',
    'http://10.0.0.1',
    'http://[::2]',
  ])('%s is not', (url) => {
    expect(isLoopbackHost(new URL(url).hostname)).toBe(false);
  });
});

describe('literalAddress', () => {
  it('finds addresses in any notation of a URL', () => {
    expect(literalAddress(new URL('http://2130706433/').hostname)).toBe('127.0.0.1');
    expect(literalAddress(new URL('http://0x7f.1/').hostname)).toBe('127.0.0.1');
    expect(literalAddress(new URL('http://[::FFFF:10.0.0.1]/').hostname)).toBe('::ffff:a00:1');
    expect(literalAddress('registry.example')).toBeNull();
  });
});

describe('guardedLookup', () => {
  const answering =
    (...addresses: string[]): Lookup =>
    (_hostname, options, callback) => {
      const found: LookupAddress[] = addresses.map((address) => ({ address, family: 4 }));
      if (options.all === true) callback(null, found);
      else callback(null, found[0]?.address ?? '', 4);
    };

  const lookUp = (lookup: Lookup, all: boolean) =>
    new Promise<unknown>((resolve) => {
      guardedLookup(lookup)('registry.example', { all }, (error, found) => {
        resolve(error ?? found);
      });
    });

  it.each([true, false])('lets public addresses through (all: %s)', async (all) => {
    const found = await lookUp(answering('1.1.1.1'), all);
    expect(found).toEqual(all ? [{ address: '1.1.1.1', family: 4 }] : '1.1.1.1');
  });

  it.each([true, false])('refuses a name with a private address (all: %s)', async (all) => {
    const found = await lookUp(answering('10.0.0.1', '1.1.1.1'), all);
    expect(found).toMatchObject({ code: PRIVATE_ADDRESS_CODE });
  });

  it('refuses a name with a private address among others', async () => {
    const found = await lookUp(answering('1.1.1.1', '127.0.0.1'), true);
    expect(found).toMatchObject({ code: PRIVATE_ADDRESS_CODE });
  });

  it("passes on the look-up's own error", async () => {
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const failing: Lookup = (_hostname, _options, callback) => {
      callback(failure, '');
    };
    expect(await lookUp(failing, true)).toBe(failure);
  });
});
