import { CONTROL_LABELS } from '../../domain/rollout/labels.js';
import type { ContainerInspection } from '../inspection/inspection.js';
import { cleanPath } from '../creation/options/container-path.js';
import { ENDPOINT_SYSCTLS } from '../creation/options/interface-sysctls.js';
import { volumeAt } from '../creation/options/mounts.js';
import { canonical } from './canonical.js';
import type { Settings } from './settings.js';

const COMPOSE_IMAGE = 'Config.Labels.com.docker.compose.image';
const OF_INTERFACE = /^HostConfig\.Sysctls\.(net\.[^.]+\.[^.]+\.eth0\..+)$/;
const NETWORK = /^Networks\.(.+?)(\.(Aliases|IPAMConfig|Links|DriverOpts|GwPriority))?$/;

/** Intended differences of the new container in this rollout. */
export interface Purpose {
  /** `repository:tag` from which the new container was created, and the id of that image. */
  readonly image: string;
  readonly imageId: string;
  /** Networks that the new container joins later, by name. */
  readonly joinedLater: readonly string[];
  /** Networks on which it has different aliases at first, by name. */
  readonly namedLater: readonly string[];
  /** Whether it gets its restart policy only after it has taken over. */
  readonly isArmedLater: boolean;
  /** The service's name, an additional alias on its networks. */
  readonly container: string;
}

/** The evidence by which differences are explained. */
export interface Evidence {
  readonly old: ContainerInspection;
  /** The body of the request that created it. */
  readonly requested: Readonly<Record<string, unknown>>;
  readonly oldImage: Settings;
  readonly newImage: Settings;
  readonly purpose: Purpose;
}

interface Networking {
  readonly EndpointsConfig?: Readonly<
    Record<string, { readonly DriverOpts?: Readonly<Record<string, string>> } | undefined>
  >;
}

interface LogConfig {
  readonly Type?: string;
  readonly Config?: Readonly<Record<string, string>>;
}

interface Change {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

type Explanation = (change: Change, evidence: Evidence) => string | null;

/** Why a difference is as intended; null if no rule explains it, so that a setting would be lost. */
export function explanationOf(change: Change, evidence: Evidence): string | null {
  for (const explain of EXPLANATIONS) {
    const reason = explain(change, evidence);
    if (reason !== null) return reason;
  }
  return null;
}

const EXPLANATIONS: readonly Explanation[] = [
  ({ field }) => (isControlLabel(field) ? 'Deploy’s own label' : null),
  ({ field, after }, { purpose }) =>
    field === 'Config.Image' && after === purpose.image ? 'the image to deploy' : null,
  ({ field, after }, { purpose }) =>
    field === COMPOSE_IMAGE && after === `=${purpose.imageId}`
      ? 'compose’s record of the image names the new one'
      : null,
  ({ field, before, after }, { oldImage, newImage }) =>
    before === (oldImage.get(field) ?? null) && after === (newImage.get(field) ?? null)
      ? 'the image’s default, which the new image changes'
      : null,
  volumeByName,
  publishedPort,
  laterOnNetwork,
  ({ field, after }, { purpose }) =>
    field === 'HostConfig.RestartPolicy' && purpose.isArmedLater && after === null
      ? 'restored once the new container has taken over'
      : null,
  onEndpointInstead,
  moreLogOptions,
  ({ field, before }, { requested }) =>
    before === null && isLeftToEngine(field, requested) ? 'filled in by the engine' : null,
];

function isControlLabel(field: string): boolean {
  return CONTROL_LABELS.some((label) => field === `Config.Labels.${label}`);
}

/** An anonymous volume is requested by its name, and the new image may declare further ones. */
function volumeByName({ field, before, after }: Change, evidence: Evidence): string | null {
  if (before !== null || after === null) return null;
  const asked = /^HostConfig\.Mounts\.(.+)$/.exec(field)?.[1];
  if (asked !== undefined) {
    const name = volumeAt(evidence.old, asked)?.Name;
    const isSame = name !== undefined && (JSON.parse(after) as { Source?: string }).Source === name;
    return isSame ? 'the anonymous volume, requested by its name' : null;
  }
  const mounted = /^Mounts\.(.+)$/.exec(field)?.[1];
  const declared = [...evidence.newImage.keys()].map(
    (each) => /^Config\.Volumes\.(.+)$/.exec(each)?.[1],
  );
  const isDeclared = declared.some((each) => each !== undefined && cleanPath(each) === mounted);
  return isDeclared ? 'a volume that the new image declares' : null;
}

function publishedPort({ field, before }: Change, { old }: Evidence): string | null {
  const port = /^Config\.ExposedPorts\.(.+)$/.exec(field)?.[1];
  const isPublished = port !== undefined && port in (old.HostConfig.PortBindings ?? {});
  return before === null && isPublished ? 'exposed because it is published' : null;
}

/** Two containers that run at the same time must not be mistaken for each other. */
function laterOnNetwork({ field, before, after }: Change, { purpose }: Evidence): string | null {
  const [, name = '', , part] = NETWORK.exec(field) ?? [];
  if (purpose.joinedLater.includes(name)) {
    return after === null ? 'joined once the new container is healthy' : null;
  }
  if (part !== 'Aliases' || !purpose.namedLater.includes(name)) return null;
  const had = aliasesIn(before);
  const has = aliasesIn(after);
  const isOwnName = has.every((alias) => had.includes(alias) || alias === purpose.container);
  if (has.length > 0 && isOwnName && had.every((alias) => has.includes(alias))) {
    return 'the service’s own name is one of them';
  }
  return has.length === 0 ? 'added once the new container is healthy' : null;
}

function aliasesIn(list: string | null): readonly string[] {
  return list === null ? [] : (JSON.parse(list) as string[]);
}

/** A setting of the first interface, which newer engines expect among the options of its endpoint. */
function onEndpointInstead(
  { field, before, after }: Change,
  { requested }: Evidence,
): string | null {
  const reason = 'set on the network’s endpoint instead';
  const { EndpointsConfig: endpoints = {} } = (requested['NetworkingConfig'] ?? {}) as Networking;
  const [, setting] = OF_INTERFACE.exec(field) ?? [];
  if (setting !== undefined && after === null) {
    const moved = `${setting.replace('.eth0.', '.IFNAME.')}${before ?? ''}`;
    const sent = Object.values(endpoints).map((each) => each?.DriverOpts?.[ENDPOINT_SYSCTLS] ?? '');
    return sent.some((list) => list.split(',').includes(moved)) ? reason : null;
  }
  const [, network = '', , part] = NETWORK.exec(field) ?? [];
  const asked = endpoints[network]?.DriverOpts ?? null;
  if (part !== 'DriverOpts' || after !== canonical(field, asked) || asked === null) return null;
  const { [ENDPOINT_SYSCTLS]: _moved, ...others } = asked;
  const { [ENDPOINT_SYSCTLS]: _had, ...had } = JSON.parse(before ?? '{}') as typeof asked;
  return canonical(field, others) === canonical(field, had) ? reason : null;
}

/** Engines add options of their own configuration to those of the same driver. */
function moreLogOptions({ field, before, after }: Change): string | null {
  if (field !== 'HostConfig.LogConfig' || before === null || after === null) return null;
  const [had, has] = [JSON.parse(before) as LogConfig, JSON.parse(after) as LogConfig];
  const isKept = Object.entries(had.Config ?? {}).every(
    ([option, value]) => has.Config?.[option] === value,
  );
  return had.Type === has.Type && isKept
    ? 'further options come from the engine’s configuration'
    : null;
}

/** Whether the request did not set it: different versions of engines fill in different fields. */
function isLeftToEngine(field: string, requested: Readonly<Record<string, unknown>>): boolean {
  const [section, key = ''] = field.split('.');
  if (section !== 'HostConfig' && section !== 'Config') return false;
  const asked = section === 'Config' ? requested : (requested['HostConfig'] as object | undefined);
  const value = (asked as Readonly<Record<string, unknown>> | undefined)?.[key];
  return canonical(`${section}.${key}`, value) === null;
}
