import { HUB_SECRET, type Stage } from './service-setup.js';

export interface ConfiguredService {
  readonly name: string;
  readonly container: string;
  /** `namespace/name` in the stage's registry. */
  readonly repository: string;
  readonly tag: string;
  /** As YAML. */
  readonly rollout: string;
  /** Its own way to the engine: then it is alone in an environment of its own name. */
  readonly engineHost?: string;
}

/** The environment of a service in {@link configurationOf}. */
export function environmentOf({ name, engineHost }: ConfiguredService): string {
  return engineHost === undefined ? 'staging' : name;
}

/** A configuration with one webhook and these services, without limits. */
export function configurationOf(
  { engineHost, registryHost }: Pick<Stage, 'engineHost' | 'registryHost'>,
  services: readonly ConfiguredService[],
): string {
  const shared = services.filter(({ engineHost: own }) => own === undefined);
  const apart = services.filter(({ engineHost: own }) => own !== undefined);
  const lines = (service: ConfiguredService): string[] => [
    `      ${service.name}:`,
    `        container: ${service.container}`,
    `        image: "${registryHost}/${service.repository}"`,
    `        tag: ${service.tag}`,
    `        rollout: ${service.rollout}`,
  ];
  return [
    'server: { throttle: { api: { limit: 0 }, webhook: { limit: 0 } } }',
    'engines:',
    `  local: { host: "${engineHost}" }`,
    ...apart.map(({ name, engineHost: own = '' }) => {
      return `  ${name}: { host: "${own}", insecure: true }`;
    }),
    'webhooks:',
    `  hub: { type: docker-hub, secret: ${HUB_SECRET}, registry: "${registryHost}" }`,
    'environments:',
    ...(apart.length > 0 && shared.length === 0
      ? []
      : ['  staging:', '    engine: local', '    services:', ...shared.flatMap(lines)]),
    ...apart.flatMap((service) => [
      `  ${service.name}:`,
      `    engine: ${service.name}`,
      '    services:',
      ...lines(service),
    ]),
    '',
  ].join('\n');
}
