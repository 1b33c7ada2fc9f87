import { IsOptional } from 'class-validator';
import type { Configuration } from '../../domain/settings/configuration.js';
import type { Token } from '../../domain/settings/access.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { resolveReferences } from '../reference.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection } from '../section.js';
import { DEFAULT_STORAGE, parseStorage } from '../storage-url.js';
import { AccessSection, readAccess } from './access.section.js';
import { readEngines, type EngineSection } from './engine.section.js';
import { readEnvironments, type EnvironmentSection } from './environment.section.js';
import { readFreezes, type FreezeSection } from './freeze.section.js';
import { HandlersSection, readHandlers } from './handler.section.js';
import { checkPromotions } from './promotions.js';
import { readRegistries, type RegistrySection } from './registry.section.js';
import { readServer, ServerSection } from './server.section.js';
import { readWebhooks, type WebhookSection } from './webhook.section.js';

const DEFAULT_RETENTION_MS = 90 * DAY_MS;
/** A hundred years: effectively forever. */
const LONGEST_RETENTION_MS = 36_500 * DAY_MS;

/** The whole file. */
export class ConfigurationSection {
  /** How Deploy is reached. */
  @Key('nested')
  server?: ServerSection;

  /** Where all data is stored. Default `sqlite:./data/deploy.db`; `DEPLOY_STORAGE` takes precedence. */
  @Key('nested')
  storage?: string;

  /** Who may call the API. */
  @Key('nested')
  access?: AccessSection;

  /** Docker engines by name. Default: one, `local`. */
  @Key('nested')
  engines?: Record<string, EngineSection>;

  /** How to access registries, by host. Default: with the credentials of the Docker config file. */
  @Key('nested')
  registries?: Record<string, RegistrySection>;

  /** Who may report pushes, by name. Default: no one. */
  @Key('nested')
  webhooks?: Record<string, WebhookSection>;

  /** What is deployed, by name. Default: nothing. */
  @Key('nested')
  environments?: Record<string, EnvironmentSection>;

  /** Periods in which nothing is deployed. Default: none. */
  @Key('nested')
  freezes?: FreezeSection[];

  /** How long deliveries, deployments with their logs, and events are kept; 1d to 36500d. Default `90d`. */
  @Key('string')
  @IsOptional()
  @IsDuration(DAY_MS, LONGEST_RETENTION_MS, 'from 1d to 36500d')
  retention?: string;

  /** Settings for all handlers. */
  @Key('nested')
  handlers?: HandlersSection;
}

/**
 * Reads the whole file from its root. If faults were added, do not use the result: invalid parts are missing or have
 * their defaults.
 */
export function readConfiguration(
  root: ConfigNode,
  adminToken: Token | null,
  context: ReadContext,
): Configuration {
  const { leaves, nodes } = readSection(root, ConfigurationSection) ?? {};
  const environmentsNode = nodes?.get('environments');
  // Every name counts as defined, even if its environment is invalid: one mistake is one fault.
  const environmentNames = environmentsNode?.keyNames() ?? new Set<string>();
  const engines = readEngines(nodes?.get('engines'), root, context);
  return {
    ...readServer(nodes?.get('server')),
    storage: readStorage(nodes?.get('storage'), context),
    retentionMs: parseDuration(leaves?.retention ?? '') ?? DEFAULT_RETENTION_MS,
    handlers: readHandlers(nodes?.get('handlers')),
    tokens: readAccess(nodes?.get('access'), adminToken, environmentNames, context),
    engines: [...engines.values()].filter((engine) => engine !== null),
    registries: readRegistries(nodes?.get('registries'), context),
    webhooks: readWebhooks(nodes?.get('webhooks'), environmentNames, context),
    environments: checkPromotions(readEnvironments(environmentsNode, engines, context)),
    freezes: readFreezes(nodes?.get('freezes'), environmentNames),
  };
}

function readStorage(node: ConfigNode | undefined, context: ReadContext): Configuration['storage'] {
  const inFile = node === undefined ? null : storageInFile(node, context);
  const variable = context.environment.DEPLOY_STORAGE ?? '';
  const inEnvironment = variable === '' ? null : parseStorage(variable, context.folder);
  if (inEnvironment !== null && 'problem' in inEnvironment) {
    context.faults.addWhole('DEPLOY_STORAGE', inEnvironment.problem);
  }
  const chosen = inEnvironment ?? parseStorage(inFile ?? DEFAULT_STORAGE, context.folder);
  return 'storage' in chosen ? chosen.storage : { kind: 'sqlite', path: '' };
}

/** The value of `storage:`; null after its faults. */
function storageInFile(node: ConfigNode, context: ReadContext): string | null {
  const text = node.string();
  if (text === null) return null;
  const resolution = resolveReferences(text, context);
  if ('problems' in resolution) {
    for (const problem of resolution.problems) node.fault(problem);
    return null;
  }
  const parsed = parseStorage(resolution.value, context.folder);
  if ('storage' in parsed) return resolution.value;
  node.fault(parsed.problem);
  return null;
}
