import { isApiAtLeast } from './options/api-version.js';
import { configOf } from './options/config.js';
import { hostConfigOf } from './options/host-config.js';
import { sysctlsOf } from './options/interface-sysctls.js';
import type { NetworkAttachment } from '../../domain/rollout/intent.js';
import { attachmentsOf, hasOwnNetwork } from './options/networks.js';
import { platformOf } from './options/platform.js';
import type { ReplacementInput } from './options/replacement-input.js';

/** How to create a container that replaces another. */
export interface Replacement {
  /** Body of `POST /containers/create`. */
  readonly body: Record<string, unknown>;
  /** For pull and create, e.g. `linux/arm64/v8`; null for the engine's own platform. */
  readonly platform: string | null;
  /** Networks to connect after the creation but BEFORE the first start; empty from API 1.44 on. */
  readonly furtherNetworks: readonly NetworkAttachment[];
}

/**
 * The same container on another image: everything that the user set and nothing that the old image set.
 *
 * An inspection shows both merged, so values that equal the old image's are left out and the new image's apply. A
 * user's value that happens to equal the old image's default cannot be distinguished from it (except for environment
 * variables, by their order) and follows the image.
 */
export function replacementOf(input: ReplacementInput): Replacement {
  const { container, apiVersion } = input;
  const sysctls = sysctlsOf(container.HostConfig.Sysctls, apiVersion, hasOwnNetwork(container));
  const attachments = input.networks ?? networksToBeOn(input);
  // Below 1.44 the engine refuses more than one endpoint (400).
  const atOnce = isApiAtLeast(apiVersion, '1.44') ? attachments : attachments.slice(0, 1);
  return {
    body: {
      ...configOf(input),
      HostConfig: hostConfigOf(input, sysctls.host),
      ...networkingOf(atOnce),
    },
    platform: platformOf(input.oldImage, input.engine),
    furtherNetworks: attachments.slice(atOnce.length),
  };
}

/** The container's networks with the settings that its user chose for each. */
export function networksToBeOn({
  container,
  apiVersion,
}: Pick<ReplacementInput, 'container' | 'apiVersion'>): readonly NetworkAttachment[] {
  const { Sysctls: asked } = container.HostConfig;
  const sysctls = sysctlsOf(asked, apiVersion, hasOwnNetwork(container));
  return attachmentsOf(container, apiVersion, sysctls.endpoint);
}

function networkingOf(attachments: readonly NetworkAttachment[]): Record<string, unknown> {
  if (attachments.length === 0) return {};
  const endpoints = attachments.map(({ name, endpoint }) => [name, endpoint] as const);
  return { NetworkingConfig: { EndpointsConfig: Object.fromEntries(endpoints) } };
}
