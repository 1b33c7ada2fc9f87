import { describe, expect, it } from 'vitest';
import { parseListenAddress } from './listen-address.js';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['[::1]:8080', '::1', 8080],
    [':8080', '', 8080],
    ['localhost:0', 'localhost', 0],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
  ])('reads %s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    '8080',
    'a:',
    '::1:8080',
    '[x]:1',
    '[::1]',
    'a:65536',
    'a b:1',
    '*:1',
    'a:-1',
    '-a:1',
  ])('%j is not an address to listen on', (text) => {
    expect(parseListenAddress(text)).toBeNull();
  });
});
