import { IsOptional } from 'class-validator';
import type { ConfigNode } from '../config-node.js';
import { IsName, isName, NAME_RULE } from '../leaf-rules.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, missing, readSection } from '../section.js';
import { shown } from '../shown.js';
import type { EnginesByName } from './engine.section.js';
import type { FileContext } from './file-context.js';
import { readGroup, type GroupSection } from './group.section.js';
import { undefinedName } from './name-list.js';
import { OverridableSection, readOverrides } from './overridable.section.js';
import { mergePolicy, NO_POLICY_OVERRIDES } from './policy.section.js';
import type { UncheckedEnvironment, UncheckedService } from './promotions.js';
import { readService, type ServiceSection } from './service.section.js';

/** One of `environments`: services that share an engine, a policy and rollout settings. */
export class EnvironmentSection extends OverridableSection {
  /** The name of one of `engines`. Default `local`. */
  @Key('string')
  @IsOptional()
  @IsName()
  engine?: string;

  /** Services that are deployed together. Default: each is deployed on its own. */
  @Key('nested')
  group?: GroupSection;

  /** The services by name. Default: none. */
  @Key('nested')
  services?: Record<string, ServiceSection>;
}

const DEFAULT_ENGINE = 'local';

/** Reads `environments`. What `promoteFrom` refers to is left for `checkPromotions`. */
export function readEnvironments(
  node: ConfigNode | undefined,
  engines: EnginesByName,
  context: ReadContext,
): UncheckedEnvironment[] {
  const environments: UncheckedEnvironment[] = [];
  const fileContext = { ...context, engines, containerOwners: new Map<string, string>() };
  for (const [name, child] of node?.entries() ?? []) {
    if (!isName(name)) child.faultAtKey(`${shown(name)} is not ${NAME_RULE}`);
    const environment = readEnvironment(name, child, fileContext);
    if (environment !== null) environments.push(environment);
  }
  return environments;
}

function readEnvironment(
  name: string,
  node: ConfigNode,
  context: FileContext,
): UncheckedEnvironment | null {
  const section = readSection(node, EnvironmentSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const engine = leaves.engine ?? DEFAULT_ENGINE;
  checkEngine(leaves.engine, node, nodes.get('engine'), new Set(context.engines.keys()));
  const overrides = readOverrides(nodes, context);
  const engineAddress = context.engines.get(engine)?.host ?? engine;
  const defaults = { environment: name, engine, engineAddress, ...overrides };
  const services: UncheckedService[] = [];
  const serviceNames: string[] = [];
  for (const [serviceName, child] of nodes.get('services')?.entries() ?? []) {
    serviceNames.push(serviceName);
    if (!isName(serviceName)) child.faultAtKey(`${shown(serviceName)} is not ${NAME_RULE}`);
    const service = readService(serviceName, child, defaults, context);
    if (service !== null) services.push(service);
  }
  const group = readGroup(nodes.get('group'), serviceNames);
  return {
    name,
    engine,
    policy: mergePolicy(overrides.policy, NO_POLICY_OVERRIDES),
    services,
    group,
  };
}

/** Reports an engine that is not defined. `engine` is undefined if the key is missing or invalid. */
function checkEngine(
  engine: string | undefined,
  node: ConfigNode,
  engineNode: ConfigNode | undefined,
  defined: ReadonlySet<string>,
): void {
  if (engineNode === undefined && !defined.has(DEFAULT_ENGINE)) {
    const message = undefinedName('engine', DEFAULT_ENGINE, defined);
    node.faultForMissing('engine', missing(message));
  } else if (engine !== undefined && !defined.has(engine)) {
    engineNode?.fault(undefinedName('engine', engine, defined));
  }
}
