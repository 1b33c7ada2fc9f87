import { randomBytes } from 'node:crypto';
import type { Configuration } from '../domain/settings/configuration.js';
import { Secret } from '../domain/secrets/secret.js';
import type { Storage } from '../storage/storage.js';
import { hashOf } from './secret-hash.js';

const RANDOM_BYTES = 24;

/**
 * Creates an admin token and stores its hash, unless a token is configured or one was created before. The
 * result must be printed: it cannot be recovered later.
 */
export async function makeFirstToken(
  configuration: Configuration,
  { tokens }: Pick<Storage, 'tokens'>,
): Promise<Secret | null> {
  if (configuration.tokens.length > 0 || (await tokens.all()).length > 0) return null;
  const token = `deploy_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  await tokens.add({ name: 'admin', role: 'admin', hash: hashOf(token).toString('hex') });
  return new Secret(token);
}
