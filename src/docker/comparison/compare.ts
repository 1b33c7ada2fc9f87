import type { SettingDifference, SettingsComparison } from '../../domain/deployment/comparison.js';
import type { ContainerInspection, ImageInspection } from '../inspection/inspection.js';
import { explanationOf, type Purpose } from './explanations.js';
import { settingsOf, settingsOfImage, type ComparisonContext } from './settings.js';

/** Settings whose values are often secrets: only their names are shown. */
const NOT_SHOWN = [
  'Config.Env.',
  'Config.Labels.',
  'Config.Cmd',
  'Config.Entrypoint',
  'Config.Healthcheck.',
  'HostConfig.LogConfig',
  'HostConfig.Annotations',
  'HostConfig.StorageOpt',
  'HostConfig.Mounts.',
  'Networks.',
];
const LONGEST_VALUE = 200;

export interface ComparedContainers {
  readonly old: ContainerInspection;
  /** The image of the old container; null if the engine no longer has it. */
  readonly oldImage: ImageInspection | null;
  /** Created with all its networks, but not started yet. */
  readonly candidate: ContainerInspection;
  readonly newImage: ImageInspection | null;
  /** The body of the request that created it. */
  readonly requested: Readonly<Record<string, unknown>>;
  readonly purpose: Purpose;
}

/**
 * Compares the inspections of the new and the old container: however the new one was created, this is what the engine
 * will run. Differences between the images' defaults are explained as such: the old container has its setting from
 * its image, and the new one from its own.
 * @param at RFC 3339, UTC.
 */
export function compareSettings(
  { old, oldImage, candidate, newImage, requested, purpose }: ComparedContainers,
  context: ComparisonContext,
  at: string,
): SettingsComparison {
  const before = settingsOf(old, context);
  const after = settingsOf(candidate, context);
  const evidence = {
    old,
    requested,
    purpose,
    oldImage: settingsOfImage(oldImage?.Config),
    newImage: settingsOfImage(newImage?.Config),
  };
  const fields = [...new Set([...before.keys(), ...after.keys()])].sort();
  const differences = fields.flatMap((field): SettingDifference[] => {
    const change = { field, before: before.get(field) ?? null, after: after.get(field) ?? null };
    if (change.before === change.after) return [];
    const reason = explanationOf(change, evidence);
    return [
      { field, before: shown(field, change.before), after: shown(field, change.after), reason },
    ];
  });
  return { at, compared: fields.length, differences };
}

function shown(field: string, value: string | null): string | null {
  if (value === null || NOT_SHOWN.some((prefix) => field.startsWith(prefix))) return null;
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}
