import { createHash } from 'node:crypto';
import type { Secret } from '../domain/secrets/secret.js';

/** A credential for one registry. */
export type RegistryCredential =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** A refresh token of an OAuth2 token service; `username` is sent with it to services that only support Basic. */
  | { readonly kind: 'identity-token'; readonly username: string; readonly token: Secret }
  /** Sent to the registry as is. */
  | { readonly kind: 'registry-token'; readonly token: Secret };

/** The user name that means "the secret is an identity token" in Docker's helpers and files. */
export const IDENTITY_TOKEN_USERNAME = '<token>';

/** The `Authorization` header for a user name and password. */
export function basicAuthorization(username: string, password: Secret): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

/** Distinguishes credentials without keeping them. */
export function fingerprintOf(credential: RegistryCredential | null): string {
  if (credential === null) return 'anonymous';
  const secret = credential.kind === 'password' ? credential.password : credential.token;
  const username = credential.kind === 'registry-token' ? '' : credential.username;
  return createHash('sha256')
    .update(JSON.stringify([credential.kind, username, secret.reveal()]))
    .digest('hex');
}
