import { HUB_SECRET, type Stage } from './scene.js';

export interface ConfiguredService {
  readonly name: string;
  readonly container: string;
  /** `namespace/name` in the stage's registry. */
  readonly repository: string;
  readonly tag: string;
  /** As YAML. */
  readonly rollout: string;
}

/** A configuration with one webhook and these services, all in `staging`, and without limits. */
export function configurationOf(
  { engineHost, registryHost }: Pick<Stage, 'engineHost' | 'registryHost'>,
  services: readonly ConfiguredService[],
): string {
  return [
    'server: { throttle: { api: { limit: 0 }, webhook: { limit: 0 } } }',
    'engines:',
    `  local: { host: "${engineHost}" }`,
    'webhooks:',
    `  hub: { type: docker-hub, secret: ${HUB_SECRET}, registry: "${registryHost}" }`,
    'environments:',
    '  staging:',
    '    engine: local',
    '    services:',
    ...services.flatMap(({ name, container, repository, tag, rollout }) => [
      `      ${name}:`,
      `        container: ${container}`,
      `        image: "${registryHost}/${repository}"`,
      `        tag: ${tag}`,
      `        rollout: ${rollout}`,
    ]),
    '',
  ].join('\n');
}
