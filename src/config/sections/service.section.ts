import { canonicalRepository } from '../../domain/image/image-reference.js';
import type { ConfigNode } from '../config-node.js';
import { IsContainerName, IsRepository } from '../leaf-rules.js';
import { Key, readSection, Required, requiredNode } from '../section.js';
import { shown } from '../shown.js';
import type { FileContext } from './file-context.js';
import {
  mergeOverrides,
  OverridableSection,
  readOverrides,
  type Overrides,
} from './overridable.section.js';
import type { UncheckedService } from './promotions.js';
import { readTagRule, type TagSection } from './tag.section.js';

/** One of an environment's `services`: one named container. Its identity is (environment, name). */
export class ServiceSection extends OverridableSection {
  /** Name of the container on the engine; no other service of that engine has it. Required. */
  @Key('string')
  @Required("write the container's name on the engine, e.g. container: web")
  @IsContainerName()
  container!: string;

  /** The repository, without a tag; `acme/web` means `docker.io/acme/web`. Required. */
  @Key('string')
  @Required('write the repository, e.g. image: acme/web')
  @IsRepository()
  image!: string;

  /** Which pushed tags it follows: an exact tag, or one of `semver`, `glob`, `regex` with `ignore`. Required. */
  @Key('nested')
  tag!: string | TagSection;
}

/** What a service takes from its environment. */
export interface EnvironmentDefaults extends Overrides {
  /** The environment's name. */
  readonly environment: string;
  readonly engine: string;
  /** The engine's address: two names for one address are one engine. */
  readonly engineAddress: string;
}

/** Reads one of `services`; null after its faults. */
export function readService(
  name: string,
  node: ConfigNode,
  defaults: EnvironmentDefaults,
  context: FileContext,
): UncheckedService | null {
  const section = readSection(node, ServiceSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const tagNode = requiredNode(node, section, 'tag', 'write e.g. tag: latest');
  const tagRule = tagNode === null ? null : readTagRule(tagNode);
  const overrides = readOverrides(nodes, context);
  const { container, image } = leaves;
  const owner = container === undefined ? null : ownerOf(container, node, defaults, context);
  if (owner !== null) {
    nodes
      .get('container')
      ?.fault(
        `the container ${shown(container)} on this engine already belongs to ${owner}; a container can belong to only one service`,
      );
  }
  if (container === undefined || image === undefined || tagRule === null) return null;
  return {
    name,
    environment: defaults.environment,
    engine: defaults.engine,
    container,
    repository: canonicalRepository(image),
    tagRule,
    ...mergeOverrides(defaults, overrides),
  };
}

/** The path of the earlier service with this container; null, and this one owns it from now on, if there is none. */
function ownerOf(
  container: string,
  node: ConfigNode,
  { engineAddress }: EnvironmentDefaults,
  { containerOwners }: FileContext,
): string | null {
  const key = `${engineAddress} ${container}`;
  const owner = containerOwners.get(key);
  if (owner === undefined) containerOwners.set(key, node.path);
  return owner ?? null;
}
