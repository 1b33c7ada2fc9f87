import type { ContainerInspection } from '../inspection/inspection.js';
import { definedFields } from './options/defined-fields.js';
import { linksAsWritten, linkTarget } from '../inspection/links.js';
import { joinedContainer } from '../inspection/shared-namespace.js';
import { isNamedBy } from '../inspection/refusals.js';

/** A container and its replacement, with the replacement's current name. */
export interface Replaced {
  readonly before: { readonly id: string; readonly names: readonly string[] };
  readonly now: { readonly id: string; readonly name: string };
}

/**
 * The body of a dependent's creation in which replaced containers are exchanged for their replacements. A namespace is
 * joined by id, which stays the same when names change; a link takes a name, for which the engine stores the id.
 * @param dependent The container as it was before.
 */
export function boundTo(
  body: Readonly<Record<string, unknown>>,
  dependent: ContainerInspection,
  replaced: readonly Replaced[],
): Record<string, unknown> {
  const host = dependent.HostConfig;
  const meant = (reference: string | null): Replaced['now'] | undefined =>
    replaced.find(({ before }) => reference !== null && isNamedBy(reference, before))?.now;
  const joined = (mode: string | undefined): string | undefined => {
    const now = meant(joinedContainer(mode));
    return now && `container:${now.id}`;
  };
  const links = linksAsWritten(host.Links)?.map((link) => {
    const now = meant(linkTarget(link));
    return now === undefined ? link : `${now.name}:${link.split(':')[1] ?? linkTarget(link)}`;
  });
  const bound = definedFields({
    NetworkMode: joined(host.NetworkMode),
    IpcMode: joined(host.IpcMode),
    PidMode: joined(host.PidMode),
    Links: links,
  });
  return { ...body, HostConfig: { ...(body['HostConfig'] as object), ...bound } };
}
