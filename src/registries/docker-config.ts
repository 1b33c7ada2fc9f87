import { DeployError } from '../domain/errors.js';
import { Secret } from '../domain/secrets/secret.js';
import { asJsonObject, parseJsonObject } from './json-object.js';
import type { RegistryCredential } from './registry-credential.js';
import { IDENTITY_TOKEN_USERNAME } from './registry-credential.js';
import { DOCKER_HUB, DOCKER_HUB_KEY, canonicalRegistryHost } from './registry-host.js';

type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: JsonObject = {};

/** The parts of Docker's `config.json` that concern credentials. */
export class DockerConfig {
  private constructor(
    private readonly source: string,
    private readonly auths: JsonObject,
    private readonly credHelpers: JsonObject,
    private readonly credsStore: string | null,
  ) {}

  /**
   * @param source how messages refer to it, e.g. the file's path
   * @throws DeployError `registry-auth` if it is malformed; the message quotes nothing of the content
   */
  static parse(text: string, source: string): DockerConfig {
    const content = parseJsonObject(text);
    if (content === null) throw malformed(source, 'it is not a JSON object');
    const credsStore = content['credsStore'] ?? null;
    if (credsStore !== null && typeof credsStore !== 'string') {
      throw malformed(source, 'credsStore must be a name');
    }
    return new DockerConfig(
      source,
      objectAt(content, 'auths', source),
      objectAt(content, 'credHelpers', source),
      credsStore === '' ? null : credsStore,
    );
  }

  /** Name of the credential helper for a registry: its own, else the general one; null if there is none. */
  helperFor(registry: string): string | null {
    const own = lookUp(this.credHelpers, registry);
    if (own === undefined || own === '') return this.credsStore;
    if (typeof own !== 'string') throw malformed(this.source, 'credHelpers must hold names');
    return own;
  }

  /** The credential in `auths`; null if there is none. */
  credentialFor(registry: string): RegistryCredential | null {
    const entry = asJsonObject(lookUp(this.auths, registry));
    if (entry === null) return null;
    const where = `the entry of ${registry}`;
    const { username, password } = this.loginOf(entry, where);
    const registryToken = textAt(entry, 'registrytoken');
    if (registryToken !== '') return { kind: 'registry-token', token: new Secret(registryToken) };
    const identityToken = textAt(entry, 'identitytoken');
    if (identityToken !== '') {
      return {
        kind: 'identity-token',
        username: username === '' ? IDENTITY_TOKEN_USERNAME : username,
        token: new Secret(identityToken),
      };
    }
    if (username === '') return null;
    return { kind: 'password', username, password: new Secret(password) };
  }

  /** `auth` is base64 of `user:password`, padded with NULs by old versions; it overrides the plain fields. */
  private loginOf(entry: JsonObject, where: string): { username: string; password: string } {
    const auth = textAt(entry, 'auth');
    if (auth === '') {
      return { username: textAt(entry, 'username'), password: textAt(entry, 'password') };
    }
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon <= 0) throw malformed(this.source, `${where} is not base64 of user:password`);
    return {
      username: decoded.slice(0, colon),
      password: trimNuls(decoded.slice(colon + 1)),
    };
  }
}

/** Tries the exact key first, then the host of each key, as Docker does. */
function lookUp(entries: JsonObject, registry: string): unknown {
  const exactKeys =
    registry === DOCKER_HUB ? [DOCKER_HUB_KEY, DOCKER_HUB] : [registry, `https://${registry}`];
  const exact = exactKeys.find((key) => Object.hasOwn(entries, key));
  const key = exact ?? Object.keys(entries).find((one) => canonicalRegistryHost(one) === registry);
  return key === undefined ? undefined : entries[key];
}

function objectAt(content: JsonObject, key: string, source: string): JsonObject {
  const value = content[key];
  if (value === undefined || value === null) return NOTHING;
  const found = asJsonObject(value);
  if (found === null) throw malformed(source, `${key} must be an object`);
  return found;
}

function textAt(entry: JsonObject, key: string): string {
  const value = entry[key];
  return typeof value === 'string' ? value : '';
}

function trimNuls(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) === 0) start += 1;
  while (end > start && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(start, end);
}

function malformed(source: string, why: string): DeployError {
  return new DeployError('registry-auth', `${source} cannot be used: ${why}`);
}
