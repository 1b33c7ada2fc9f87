import { describe, expect, it, vi } from 'vitest';
import { waitFor } from '../../support/wait-for.js';

const NEVER = new Promise<string>(() => undefined);

describe('waiting for something', () => {
  it('looks again where a look does not return', async () => {
    const look = vi.fn<() => Promise<string>>().mockReturnValueOnce(NEVER).mockResolvedValue('v2');
    await expect(waitFor('it', look, Boolean, { longestLook: 10 })).resolves.toBe('v2');
    expect(look).toHaveBeenCalledTimes(2);
  });

  it('tells of a look that never returns', async () => {
    const waiting = waitFor('it', () => NEVER, Boolean, { within: 50, longestLook: 10 });
    await expect(waiting).rejects.toThrow(
      'Waited 50 ms in vain for it; last error: Error: the look did not return within 10 ms',
    );
  });
});
