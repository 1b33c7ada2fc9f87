import type { Stage } from './stage.js';

export const HUB_SECRET = 'hub-secret-of-the-bench-0123456789';

export interface ConfiguredService {
  /** In the configuration; `web` by default. */
  readonly name?: string;
  /** `rollout`, as YAML. */
  readonly rollout?: string;
  readonly container: string;
  /** Without tag. */
  readonly image: string;
}

/** A deploy.yaml with some services. Nothing is throttled: the bench is one sender that never pauses. */
export function deployConfiguration(
  { engineHost }: Pick<Stage, 'engineHost'>,
  registryHost: string,
  ...services: readonly ConfiguredService[]
): string {
  const entries = services.map(
    ({ name = 'web', container, image, rollout = '{ health: { stableFor: 300ms } }' }) =>
      `      ${name}: { container: ${container}, image: "${image}", tag: latest, rollout: ${rollout} }`,
  );
  return `server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 } } }
engines:
  local: { host: "${engineHost}" }
webhooks:
  hub: { type: docker-hub, secret: ${HUB_SECRET}, registry: "${registryHost}" }
environments:
  staging:
    engine: local
    services:
${entries.join('\n')}
`;
}
