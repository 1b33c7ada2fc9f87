/** A setting in which the new container differs from the old one. */
export interface SettingDifference {
  /** Its path in an inspection, e.g. `HostConfig.Memory`, `Config.Env.MODE` or `Networks.app.Aliases`. */
  readonly field: string;
  /** Null if it is not set, or if the value may be a secret. */
  readonly before: string | null;
  readonly after: string | null;
  /** Why the difference is expected; null if no rule explains it. */
  readonly reason: string | null;
}

/** The proof that no setting was lost: the new container compared with the old one, before the old one is touched. */
export interface SettingsComparison {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** How many settings were compared. */
  readonly compared: number;
  /** Sorted by field; includes those that a rule explains. */
  readonly differences: readonly SettingDifference[];
}

/** The unexplained differences, for the message of `settings-changed`; null if everything is explained. */
export function unexplained({ differences }: SettingsComparison): string | null {
  const lost = differences.filter(({ reason }) => reason === null).map(inWords);
  return lost.length === 0 ? null : lost.join('; ');
}

function inWords({ field, before, after }: SettingDifference): string {
  if (before === null && after === null) return `${field} is different`;
  return `${field} was ${before ?? 'not set'} and would be ${after ?? 'not set'}`;
}
