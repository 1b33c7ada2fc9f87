import { describe, expect, it } from 'vitest';
import { anImage } from '../../testing/inspection-builders.js';
import { platformOf } from './platform.js';

describe('the requested platform', () => {
  it.each([
    ['the engine’s own', { Os: 'linux', Architecture: 'amd64' }, 'amd64', null],
    [
      'the engine’s own, in the kernel’s word',
      { Os: 'linux', Architecture: 'amd64' },
      'x86_64',
      null,
    ],
    [
      'the engine’s own, with a variant',
      { Os: 'linux', Architecture: 'arm64', Variant: 'v8' },
      'aarch64',
      null,
    ],
    ['the engine’s own, 32 bits', { Os: 'linux', Architecture: '386' }, 'i386', null],
    ['the engine’s own, newer 32 bits', { Os: 'linux', Architecture: '386' }, 'i686', null],
    ['the engine’s own, ARMv6', { Os: 'linux', Architecture: 'arm' }, 'armv6l', null],
    ['the engine’s own, ARMv7', { Os: 'linux', Architecture: 'arm' }, 'armv7l', null],
    ['one of a system that the image does not say', { Os: '', Architecture: 'arm' }, 'amd64', null],
    ['an emulated one', { Os: 'linux', Architecture: 'arm64' }, 'amd64', 'linux/arm64'],
    [
      'an emulated one with a variant',
      { Os: 'linux', Architecture: 'arm64', Variant: 'v8' },
      'amd64',
      'linux/arm64/v8',
    ],
    ['another system', { Os: 'windows', Architecture: 'amd64' }, 'amd64', 'windows/amd64'],
    ['one that the image does not say', { Os: 'linux', Architecture: '' }, 'amd64', null],
  ])('%s', (_, image, architecture, expected) => {
    expect(platformOf(anImage({}, image), { os: 'linux', architecture })).toBe(expected);
  });

  it('is unknown if the image is gone', () => {
    expect(platformOf(null, { os: 'linux', architecture: 'amd64' })).toBeNull();
  });
});
