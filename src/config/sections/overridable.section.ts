import { IsOptional } from 'class-validator';
import type { HandlerFile, Service } from '../../domain/settings/environment.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key } from '../section.js';
import { readHandlerFile } from './handler.section.js';
import { HooksSection, mergeHooks, readHooks, type HookOverrides } from './hooks.section.js';
import {
  mergePolicy,
  PolicySection,
  readPolicy,
  type PolicyOverrides,
  type UncheckedPolicy,
} from './policy.section.js';
import {
  mergeRollout,
  readRollout,
  RolloutSection,
  type RolloutOverrides,
} from './rollout.section.js';

/** The keys that an environment sets for all its services and that a service can override. */
export class OverridableSection {
  /** When deployments may start. Default: at once. A service overrides it key by key. */
  @Key('nested')
  policy?: PolicySection;

  /** How new versions are rolled out. A service overrides it key by key, but a health probe as a whole. */
  @Key('nested')
  rollout?: RolloutSection;

  /** What is run around a rollout. Default: nothing. Each list of a service replaces the environment's. */
  @Key('nested')
  hooks?: HooksSection;

  /** Path of the user's module that decides about deployments. Default: none. A service overrides it. */
  @Key('string')
  @IsOptional()
  handler?: string;
}

/** What an environment or service sets; null: not set. */
export interface Overrides {
  readonly policy: PolicyOverrides;
  readonly rollout: RolloutOverrides;
  readonly hooks: HookOverrides;
  readonly handler: HandlerFile | null;
}

/** Reads the keys of an `OverridableSection` from the nodes of its map. */
export function readOverrides(
  nodes: ReadonlyMap<string, ConfigNode>,
  context: ReadContext,
): Overrides {
  return {
    policy: readPolicy(nodes.get('policy')),
    rollout: readRollout(nodes.get('rollout')),
    hooks: readHooks(nodes.get('hooks'), context),
    handler: readHandlerFile(nodes.get('handler'), context),
  };
}

/** The settings of a service: its own, else its environment's, else the defaults. */
export function mergeOverrides(
  environment: Overrides,
  service: Overrides,
): Pick<Service, 'rollout' | 'hooks' | 'handler'> & { readonly policy: UncheckedPolicy } {
  return {
    policy: mergePolicy(environment.policy, service.policy),
    rollout: mergeRollout(environment.rollout, service.rollout),
    hooks: mergeHooks(environment.hooks, service.hooks),
    handler: service.handler ?? environment.handler,
  };
}
