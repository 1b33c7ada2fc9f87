import type { SettingDifference, SettingsComparison } from '../../domain/deployment/comparison.js';
import type { ContainerInspection, ImageInspection } from '../inspection/inspection.js';
import { explanationOf, type Purpose } from './explanations.js';
import { settingsOf, settingsOfImage, type ComparisonContext } from './settings.js';

/** Settings whose values are often secrets: only their names are told. */
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
  /** What the old one was created from; null where the engine holds it no more. */
  readonly oldImage: ImageInspection | null;
  /** Created, with all its networks, and not started yet. */
  readonly candidate: ContainerInspection;
  readonly newImage: ImageInspection | null;
  /** The body with which it was created. */
  readonly requested: Readonly<Record<string, unknown>>;
  readonly purpose: Purpose;
}

/**
 * What the new container has otherwise than the old one, by their inspections: whatever made the new one, and
 * by whatever rules, this is what the engine will run. Defaults of the images are set apart: what the old one
 * had from its image, and the new one has from its own, is explained by that.
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
