import { describe, expect, it } from 'vitest';
import { aDeployment } from '../../../test/unit/storage/samples.js';
import { linkExpiry } from './approve-link.js';

describe('linkExpiry', () => {
  const now = Date.parse('2026-03-01T10:00:00.000Z');

  it.each([
    ['the deadline of the approval', '2026-03-04T10:00:00.000Z', '2026-03-04T10:00:00.000Z'],
    ['seven days at most', '2026-06-01T10:00:00.000Z', '2026-03-08T10:00:00.000Z'],
    ['a day without a deadline', null, '2026-03-02T10:00:00.000Z'],
  ])('is %s', (_, expiresAt, expected) => {
    expect(linkExpiry(aDeployment({ expiresAt }), now)).toBe(expected);
  });
});
