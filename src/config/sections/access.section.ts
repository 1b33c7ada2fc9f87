import type { Role, Token } from '../../domain/settings/access.js';
import { IsName, IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection, Required, requiredNode } from '../section.js';
import { shown } from '../shown.js';
import { readEnvironmentNames } from './name-list.js';

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** One of `access.tokens`: who may call the API. */
export class TokenSection {
  /** Name in the audit, approvals and logs; unique. Required. */
  @Key('string')
  @Required('name the token, e.g. name: ci')
  @IsName()
  name!: string;

  /** Its role: `viewer`, `operator` or `admin`. Required. */
  @Key('string')
  @Required('write role: viewer, operator or admin')
  @IsOneOf(ROLES)
  role!: Role;

  /** The token itself; at least 20 characters, used nowhere else. Required. */
  @Key('nested')
  secret!: string;

  /** The environments that it can see and change. Default: all. */
  @Key('nested')
  environments?: string[];
}

/** `access`: who may call the API. */
export class AccessSection {
  /** The tokens. Default: only that of `DEPLOY_ADMIN_TOKEN`. */
  @Key('nested')
  tokens?: TokenSection[];
}

/** The name of the token of `DEPLOY_ADMIN_TOKEN`. */
export const ADMIN_TOKEN_NAME = 'admin';

/** Reads `access`. `adminToken` comes from the environment variable; it is first in the result and reserves its name. */
export function readAccess(
  node: ConfigNode | undefined,
  adminToken: Token | null,
  environmentNames: ReadonlySet<string>,
  context: ReadContext,
): Token[] {
  const tokens = adminToken === null ? [] : [adminToken];
  const list =
    node === undefined ? undefined : readSection(node, AccessSection)?.nodes.get('tokens');
  for (const item of list?.items() ?? []) {
    const token = readToken(item, tokens, environmentNames, context);
    if (token !== null) tokens.push(token);
  }
  return tokens;
}

function readToken(
  node: ConfigNode,
  earlier: readonly Token[],
  environmentNames: ReadonlySet<string>,
  context: ReadContext,
): Token | null {
  const section = readSection(node, TokenSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const name = leaves.name;
  if (earlier.some((token) => token.name === name)) {
    const taken = name === ADMIN_TOKEN_NAME ? ' (DEPLOY_ADMIN_TOKEN uses the name admin)' : '';
    nodes
      .get('name')
      ?.fault(`the name ${shown(name)} is already used by another token${taken}; choose another`);
  }
  const secretNode = requiredNode(
    node,
    section,
    'secret',
    'write e.g. secret: "${DEPLOY_CI_TOKEN}"',
  );
  const secret = secretNode === null ? null : context.secrets.readKey(secretNode);
  const names = nodes.get('environments');
  const environments = names === undefined ? null : readEnvironmentNames(names, environmentNames);
  if (name === undefined || leaves.role === undefined || secret === null) return null;
  return { name, role: leaves.role, secret, environments };
}
