import { networksToBeOn, replacementOf, type Replacement } from './container-options.js';
import type { ReplacementInput } from './options/replacement-input.js';

/** How the one-off container of a hook differs from that of the service. */
export interface HookWish {
  /** Null: the service's own, else the image's. */
  readonly command: readonly string[] | null;
  /** Added to the service's; an equal name overrides. */
  readonly env: Readonly<Record<string, string>>;
}

/** Its output is read from the engine's log, whatever the service's own log driver is. */
const LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } };

/** Settings by which others would mistake it for the service or restart it. */
const NOT_OF_THE_SERVICE = [
  'ExposedPorts',
  'Hostname',
  'Domainname',
  'MacAddress',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'AttachStdin',
];
const NAMED_ENDPOINT = ['Aliases', 'IPAMConfig', 'MacAddress'];

/**
 * The body that creates the one-off container of a hook: the service's environment, user, networks, volumes and limits
 * on another image, but nothing by which it could be found as the service: no port, name, alias, fixed address or
 * label of the user. It is never restarted and has no health check.
 */
export function hookReplacementOf(input: ReplacementInput, wish: HookWish): Replacement {
  const networks = networksToBeOn(input).map(({ name, endpoint }) => ({
    name,
    endpoint: without(endpoint, NAMED_ENDPOINT),
  }));
  const { body, ...rest } = replacementOf({ ...input, networks });
  return {
    ...rest,
    body: {
      ...without(body, NOT_OF_THE_SERVICE),
      ...(wish.command === null ? {} : { Cmd: wish.command }),
      Env: withVariables((body['Env'] ?? []) as readonly string[], wish.env),
      Labels: input.labels,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        ...without(body['HostConfig'] as Record<string, unknown>, ['ContainerIDFile']),
        PortBindings: {},
        PublishAllPorts: false,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        AutoRemove: false,
        LogConfig: LOG,
      },
    },
  };
}

function without(
  record: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !fields.includes(field)));
}

function withVariables(
  service: readonly string[],
  own: Readonly<Record<string, string>>,
): readonly string[] {
  const others = service.filter((variable) => !Object.hasOwn(own, variable.split('=')[0] ?? ''));
  return [...others, ...Object.entries(own).map(([name, value]) => `${name}=${value}`)];
}
