import { IsOptional } from 'class-validator';
import type { Webhook } from '../../domain/settings/environment.js';
import type { Secret } from '../../domain/secrets/secret.js';
import { IsOneOf, isName, NAME_RULE } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { parseRegistryHost } from '../registry-host.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection, Required, requiredNode } from '../section.js';
import { shown } from '../shown.js';
import { readHandlerFile } from './handler.section.js';
import { readEnvironmentNames } from './name-list.js';
import { readAddressRanges } from './server.section.js';

const LATER_TYPES = [
  'distribution',
  'ghcr',
  'harbor',
  'quay',
  'acr',
  'ecr',
  'gar',
  'jfrog',
  'gitea',
  'nexus',
  'native',
] as const;

/** `webhooks.<name>`: one sender of push events; the name is part of its address. */
export class WebhookSection {
  /** The kind of sender: `docker-hub`. Required. */
  @Key('string')
  @Required('write e.g. type: docker-hub')
  @IsOneOf(['docker-hub'], LATER_TYPES)
  type!: Webhook['type'];

  /** At least 20 characters, used nowhere else; a list of two during a rotation. Required. */
  @Key('nested')
  secret!: string | [string, string];

  /** The registry of the pushed images. Default: that of the type, `docker.io` for `docker-hub`. */
  @Key('string')
  @IsOptional()
  registry?: string;

  /** IP addresses and CIDR ranges that may send. Default: everyone who has the secret. */
  @Key('nested')
  allowFrom?: string[];

  /** The environments that this sender may deploy to. Default: all. */
  @Key('nested')
  environments?: string[];

  /** Path of a module whose `onPush` is called for each push, before those of the services. Default: none. */
  @Key('string')
  @IsOptional()
  handler?: string;
}

/** Reads `webhooks`. */
export function readWebhooks(
  node: ConfigNode | undefined,
  environmentNames: ReadonlySet<string>,
  context: ReadContext,
): Webhook[] {
  const webhooks: Webhook[] = [];
  for (const [name, child] of node?.entries() ?? []) {
    if (!isName(name)) child.faultAtKey(`${shown(name)} is not ${NAME_RULE}`);
    const webhook = readWebhook(name, child, environmentNames, context);
    if (webhook !== null) webhooks.push(webhook);
  }
  return webhooks;
}

function readWebhook(
  name: string,
  node: ConfigNode,
  environmentNames: ReadonlySet<string>,
  context: ReadContext,
): Webhook | null {
  const section = readSection(node, WebhookSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const secretNode = requiredNode(node, section, 'secret', 'write e.g. secret: "${HUB_SECRET}"');
  const secrets = secretNode === null ? null : readSecrets(secretNode, context);
  const registry = readRegistryName(leaves.registry, nodes.get('registry'));
  const from = nodes.get('allowFrom');
  const allowFrom = from === undefined ? null : readAddressRanges(from);
  if (from?.isList === true && from.items()?.length === 0) {
    from.fault('allows no one to send; leave the key out to allow everyone who has the secret');
  }
  const names = nodes.get('environments');
  const environments = names === undefined ? null : readEnvironmentNames(names, environmentNames);
  const handler = readHandlerFile(nodes.get('handler'), context);
  if (leaves.type === undefined || secrets === null) return null;
  return { name, type: leaves.type, secrets, registry, allowFrom, environments, handler };
}

function readRegistryName(text: string | undefined, node: ConfigNode | undefined): string {
  if (text === undefined) return 'docker.io';
  const parsed = parseRegistryHost(text);
  if ('host' in parsed) return parsed.host;
  node?.fault(parsed.problem);
  return text;
}

function readSecrets(node: ConfigNode, context: ReadContext): Secret[] | null {
  const items = node.isList ? node.items() : [node];
  if (items === null) return null;
  if (node.isList && items.length !== 2) {
    node.fault(
      'a list must contain two secrets, the old and the new one; write a single secret as a string',
    );
  }
  const secrets = items.map((item) => context.secrets.readKey(item));
  return secrets.every((secret) => secret !== null) ? secrets : null;
}
