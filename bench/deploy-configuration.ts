import type { Stage } from './stage.js';

export const HUB_SECRET = 'hub-secret-of-the-bench-0123456789';

export interface ConfiguredService {
  readonly container: string;
  /** Without tag. */
  readonly image: string;
}

/** A deploy.yaml with one service. Nothing is throttled: the bench is one sender that never pauses. */
export function deployConfiguration(
  { engineHost }: Pick<Stage, 'engineHost'>,
  registryHost: string,
  { container, image }: ConfiguredService,
): string {
  return `server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 } } }
engines:
  local: { host: "${engineHost}" }
webhooks:
  hub: { type: docker-hub, secret: ${HUB_SECRET}, registry: "${registryHost}" }
environments:
  staging:
    engine: local
    services:
      web:
        container: ${container}
        image: "${image}"
        tag: latest
        rollout: { health: { stableFor: 300ms } }
`;
}
