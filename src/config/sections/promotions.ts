import type { Environment, Service } from '../../domain/settings/environment.js';
import type { PolicySettings, PromotionSettings } from '../../domain/settings/policy-settings.js';
import { alternatives, shown, shownKey } from '../shown.js';
import type { UncheckedPolicy } from './policy.section.js';

/** A service whose `promoteFrom` is not checked yet. */
export type UncheckedService = Omit<Service, 'policy'> & { readonly policy: UncheckedPolicy };

/** An environment whose `promoteFrom`, and those of its services, are not checked yet. */
export type UncheckedEnvironment = Omit<Environment, 'services' | 'policy'> & {
  readonly policy: UncheckedPolicy;
  readonly services: readonly UncheckedService[];
};

/** Checks each `promoteFrom` against all environments: what it refers to must exist, and no chain may be circular. */
export function checkPromotions(environments: readonly UncheckedEnvironment[]): Environment[] {
  const checked = environments.map((environment) => ({
    ...environment,
    policy: { ...environment.policy, promoteFrom: ofEnvironment(environment.policy) },
    services: environment.services.map((service) => ({
      ...service,
      policy: { ...service.policy, promoteFrom: sourceOf(service, environments) },
    })),
  }));
  const services = checked.flatMap((environment) => environment.services);
  for (const service of services.filter((each) => isInCycle(each, services))) {
    promotionNodeOf(service, environments)?.fault(
      'leads back to this service itself; let one service of the cycle deploy without promoteFrom',
    );
  }
  return checked;
}

/** The promotion of an environment's own policy. An empty service name means the one with each service's own name. */
function ofEnvironment({ promoteFrom }: UncheckedPolicy): PolicySettings['promoteFrom'] {
  if (promoteFrom === null) return null;
  const { environment, service, afterMs } = promoteFrom;
  return { environment, service: service ?? '', afterMs };
}

function sourceOf(
  { name, repository, policy }: UncheckedService,
  environments: readonly UncheckedEnvironment[],
): PromotionSettings | null {
  const promotion = policy.promoteFrom;
  if (promotion === null) return null;
  const environment = environments.find((each) => each.name === promotion.environment);
  const service = environment?.services.find((each) => each.name === (promotion.service ?? name));
  if (environment === undefined) {
    const defined = alternatives(environments.map((each) => shownKey(each.name)));
    promotion.node.fault(
      `no environment ${shown(promotion.environment)} is defined in this file; write ${defined}`,
    );
  } else if (service === undefined) {
    promotion.node.fault(
      `the environment ${shown(promotion.environment)} has no service ${shown(promotion.service ?? name)}; set service to the one that ${name} is promoted from`,
    );
  } else if (service.repository !== repository) {
    promotion.node.fault(
      `${promotion.environment}/${service.name} runs ${service.repository}, but ${name} runs ${repository}; promote from a service with the same image`,
    );
  }
  const { environment: from, afterMs } = promotion;
  return { environment: from, service: promotion.service ?? name, afterMs };
}

function isInCycle(service: Service, services: readonly Service[]): boolean {
  let at: Service | undefined = service;
  for (let steps = 0; steps <= services.length; steps++) {
    const from: PromotionSettings | null = at?.policy.promoteFrom ?? null;
    if (from === null) return false;
    at = services.find(
      (each) => each.environment === from.environment && each.name === from.service,
    );
    if (at === service) return true;
  }
  return false;
}

function promotionNodeOf(service: Service, environments: readonly UncheckedEnvironment[]) {
  const environment = environments.find(({ name }) => name === service.environment);
  return environment?.services.find(({ name }) => name === service.name)?.policy.promoteFrom?.node;
}
