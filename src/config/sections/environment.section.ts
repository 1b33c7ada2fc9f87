import { IsOptional } from 'class-validator';
import type { Environment, HandlerFile } from '../../domain/settings/environment.js';
import { canonicalRepository } from '../../domain/image/image-reference.js';
import { IsContainerName, IsName, IsRepository, isName, NAME_RULE } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, missing, readSection, Required } from '../section.js';
import { shown } from '../shown.js';
import type { EnginesByName } from './engine.section.js';
import { GroupSection, readGroup } from './group.section.js';
import { readHandlerFile } from './handler.section.js';
import { HooksSection, mergeHooks, readHooks, type HookOverrides } from './hooks.section.js';
import { undefinedName } from './name-list.js';
import { mergePolicy, PolicySection, readPolicy, type PolicyOverrides } from './policy.section.js';
import { checkPromotions, type UncheckedService, type UncheckedEnvironment } from './promotions.js';
import {
  mergeRollout,
  readRollout,
  RolloutSection,
  type RolloutOverrides,
} from './rollout.section.js';
import { readTagRule, TagSection } from './tag.section.js';

/** One of an environment's `services`: one named container. Its identity is (environment, name). */
export class ServiceSection {
  /** Name of the container on the engine; no other service of that engine has it. Required. */
  @Key('text')
  @Required("write the container's name on the engine, e.g. container: web")
  @IsContainerName()
  container!: string;

  /** The repository, without a tag; `acme/web` means `docker.io/acme/web`. Required. */
  @Key('text')
  @Required('write the repository, e.g. image: acme/web')
  @IsRepository()
  image!: string;

  /** Which pushed tags concern it: an exact tag, or one of `semver`, `glob`, `regex` with `ignore`. Required. */
  @Key('nested')
  tag!: string | TagSection;

  /** Overrides the environment's `policy` key by key. */
  @Key('nested')
  policy?: PolicySection;

  /** Overrides the environment's `rollout` key by key; a health probe is replaced as a whole. */
  @Key('nested')
  rollout?: RolloutSection;

  /** Each of its lists replaces the environment's. */
  @Key('nested')
  hooks?: HooksSection;

  /** A module of the user's own that is asked about its deployments. Default: the environment's. */
  @Key('text')
  @IsOptional()
  handler?: string;
}

/** One of `environments`: services that share an engine, a policy and a way to roll out. */
export class EnvironmentSection {
  /** The name of one of `engines`. Default `local`. */
  @Key('text')
  @IsOptional()
  @IsName()
  engine?: string;

  /** When deployments may go. Default: at once. */
  @Key('nested')
  policy?: PolicySection;

  /** How new versions take over. */
  @Key('nested')
  rollout?: RolloutSection;

  /** What is done around a rollout. Default: nothing. */
  @Key('nested')
  hooks?: HooksSection;

  /** A module of the user's own that is asked about deployments of services without one. Default: none. */
  @Key('text')
  @IsOptional()
  handler?: string;

  /** Services that move together. Default: each moves alone. */
  @Key('nested')
  group?: GroupSection;

  /** The services by name. Default: none. */
  @Key('nested')
  services?: Record<string, ServiceSection>;
}

const DEFAULT_ENGINE = 'local';
const NOTHING: PolicyOverrides = {
  delayMs: null,
  windows: null,
  approval: null,
  promoteFrom: null,
  pollMs: null,
};

/** Which service has which container, over all environments. */
type TakenContainers = Map<string, string>;

/** Reads `environments`. */
export function readEnvironments(
  place: ConfigNode | undefined,
  engines: EnginesByName,
  reading: ReadContext,
): Environment[] {
  const environments: UncheckedEnvironment[] = [];
  const taken: TakenContainers = new Map();
  for (const [name, child] of place?.entries() ?? []) {
    if (!isName(name)) child.faultAtKey(`${shown(name)} is not ${NAME_RULE}`);
    const environment = readEnvironment(name, child, { engines, taken, reading });
    if (environment !== null) environments.push(environment);
  }
  return checkPromotions(environments);
}

/** What is known of the whole file. */
interface FileContext {
  readonly engines: EnginesByName;
  readonly taken: TakenContainers;
  readonly reading: ReadContext;
}

function readEnvironment(
  name: string,
  place: ConfigNode,
  { engines, taken, reading }: FileContext,
): UncheckedEnvironment | null {
  const section = readSection(place, EnvironmentSection);
  if (section === null) return null;
  const { leaves, places } = section;
  const engine = leaves.engine ?? DEFAULT_ENGINE;
  const names = new Set(engines.keys());
  if (!places.has('engine') && !names.has(DEFAULT_ENGINE)) {
    const message = undefinedName('engine', DEFAULT_ENGINE, names);
    place.faultOfMissing('engine', missing(`${message}; name the one that is meant`));
  } else if (leaves.engine !== undefined && !names.has(engine)) {
    places.get('engine')?.fault(undefinedName('engine', engine, names));
  }
  const policy = readPolicy(places.get('policy'));
  const rollout = readRollout(places.get('rollout'));
  const hooks = readHooks(places.get('hooks'), reading);
  const handler = readHandlerFile(places.get('handler'), reading);
  const address = engines.get(engine)?.host ?? engine;
  const surroundings = { name, engine, address, policy, rollout, hooks, handler };
  const services: UncheckedService[] = [];
  const serviceNames: string[] = [];
  for (const [serviceName, child] of places.get('services')?.entries() ?? []) {
    serviceNames.push(serviceName);
    if (!isName(serviceName)) child.faultAtKey(`${shown(serviceName)} is not ${NAME_RULE}`);
    const service = readService(serviceName, child, surroundings, { taken, reading });
    if (service !== null) services.push(service);
  }
  const group = readGroup(places.get('group'), serviceNames);
  return { name, engine, policy: mergePolicy(policy, NOTHING), services, group };
}

interface EnvironmentDefaults {
  /** The environment's name. */
  readonly name: string;
  readonly engine: string;
  /** The engine's address: two names of one engine are one engine. */
  readonly address: string;
  readonly policy: PolicyOverrides;
  readonly rollout: RolloutOverrides;
  readonly hooks: HookOverrides;
  readonly handler: HandlerFile | null;
}

function readService(
  name: string,
  place: ConfigNode,
  environment: EnvironmentDefaults,
  { taken, reading }: Pick<FileContext, 'taken' | 'reading'>,
): UncheckedService | null {
  const section = readSection(place, ServiceSection);
  if (section === null) return null;
  const { leaves, places } = section;
  const tagPlace = places.get('tag');
  if (tagPlace === undefined) place.faultOfMissing('tag', missing('write e.g. tag: latest'));
  const tagRule = tagPlace === undefined ? null : readTagRule(tagPlace);
  const policy = readPolicy(places.get('policy'));
  const rollout = mergeRollout(environment.rollout, readRollout(places.get('rollout')));
  const hooks = mergeHooks(environment.hooks, readHooks(places.get('hooks'), reading));
  const handlerPlace = places.get('handler');
  const handler =
    handlerPlace === undefined ? environment.handler : readHandlerFile(handlerPlace, reading);
  const { container, image } = leaves;
  if (container !== undefined) {
    const key = `${environment.address} ${container}`;
    const other = taken.get(key);
    if (other === undefined) taken.set(key, place.path);
    else {
      const message = `the container ${shown(container)} of this engine belongs to ${other} already; a container is one service's`;
      places.get('container')?.fault(message);
    }
  }
  if (container === undefined || image === undefined || tagRule === null) return null;
  return {
    name,
    environment: environment.name,
    engine: environment.engine,
    container,
    repository: canonicalRepository(image),
    tagRule,
    policy: mergePolicy(environment.policy, policy),
    rollout,
    hooks,
    handler,
  };
}
