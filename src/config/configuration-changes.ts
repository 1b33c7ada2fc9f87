import type { Environment } from '../domain/settings/environment.js';
import type { Configuration } from '../domain/settings/configuration.js';
import { Secret } from '../domain/secrets/secret.js';

const RESTART = 'needs a restart';

/**
 * The differences between two configurations, one human-readable line each: `webhooks.hub: added`. Secrets are
 * compared but never shown.
 */
export function describeChanges(before: Configuration, after: Configuration): string[] {
  return [
    ...changeOf('storage', before.storage, after.storage, `changed; ${RESTART}`),
    ...changeOf('retention', before.retentionMs, after.retentionMs),
    ...changeOf('handlers', before.handlers, after.handlers),
    ...changeOf('server.publicUrl', before.publicUrl, after.publicUrl),
    ...changeOf('server.trustedProxies', before.trustedProxies, after.trustedProxies),
    ...changeOf(
      'server.metricsListen',
      before.metricsListen,
      after.metricsListen,
      `changed; ${RESTART}`,
    ),
    ...changeOf('server.throttle', before.throttle, after.throttle),
    ...changesByName('access.tokens', before.tokens, after.tokens),
    ...changesByName('engines', before.engines, after.engines),
    ...changesByName('registries', before.registries.map(byHost), after.registries.map(byHost)),
    ...changesByName('webhooks', before.webhooks, after.webhooks),
    ...environmentChanges(before, after),
  ];
}

function byHost<T extends { host: string }>(registry: T): T & { name: string } {
  return { ...registry, name: registry.host };
}

function environmentChanges(before: Configuration, after: Configuration): string[] {
  const withoutServices = ({
    environments,
  }: Configuration): Omit<Environment, 'services' | 'policy'>[] =>
    environments.map(({ name, engine, group }) => ({ name, engine, group }));
  const services = ({ environments }: Configuration): { name: string }[] =>
    environments.flatMap((environment) =>
      environment.services.map((service) => ({
        ...service,
        name: `${environment.name}.services.${service.name}`,
      })),
    );
  return [
    ...changesByName('environments', withoutServices(before), withoutServices(after)),
    ...changesByName('environments', services(before), services(after)),
  ];
}

function changesByName(
  section: string,
  before: readonly { name: string }[],
  after: readonly { name: string }[],
): string[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const names = new Set(after.map((item) => item.name));
  const removed = before.filter((item) => !names.has(item.name));
  return [
    ...removed.map((item) => `${section}.${item.name}: removed`),
    ...after.flatMap((item) => {
      const earlier = old.get(item.name);
      const path = `${section}.${item.name}`;
      return earlier === undefined ? [`${path}: added`] : changeOf(path, earlier, item);
    }),
  ];
}

function changeOf(path: string, before: unknown, after: unknown, what = 'changed'): string[] {
  return isSame(before, after) ? [] : [`${path}: ${what}`];
}

function isSame(before: unknown, after: unknown): boolean {
  if (before instanceof Secret && after instanceof Secret)
    return before.reveal() === after.reveal();
  if (!isRecord(before) || !isRecord(after)) return before === after;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].every((key) => isSame(before[key], after[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Secret);
}
