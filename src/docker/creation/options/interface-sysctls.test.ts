import { describe, expect, it } from 'vitest';
import { sysctlsOf } from './interface-sysctls.js';

const SYSCTLS = {
  'net.core.somaxconn': '1024',
  'net.ipv4.conf.eth0.log_martians': '1',
  'net.ipv6.conf.eth0.accept_ra': '2',
};

describe('kernel settings', () => {
  it('stay together below API 1.48', () => {
    expect(sysctlsOf(SYSCTLS, '1.47', true)).toEqual({ host: SYSCTLS, endpoint: null });
  });

  it('of the first interface go to the endpoint from API 1.48 on', () => {
    expect(sysctlsOf(SYSCTLS, '1.48', true)).toEqual({
      host: { 'net.core.somaxconn': '1024' },
      endpoint: 'net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=2',
    });
  });

  it('stay together if there is no endpoint', () => {
    expect(sysctlsOf(SYSCTLS, '1.48', false)).toEqual({ host: SYSCTLS, endpoint: null });
  });

  it.each([
    'net.ipv4.conf.eth1.log_martians',
    'net.ipv4.conf.eth00.x',
    'net.ipv4.conf.all.x',
    'x.net.ipv4.conf.eth0.x',
  ])('of others are not moved: %s', (key) => {
    const others = { [key]: '1' };
    expect(sysctlsOf(others, '1.48', true)).toEqual({ host: others, endpoint: null });
  });

  it('may be missing', () => {
    expect(sysctlsOf(null, '1.48', true)).toEqual({ host: undefined, endpoint: null });
  });
});
