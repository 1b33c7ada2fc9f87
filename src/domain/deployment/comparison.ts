/** One setting that the new container does not have as the old one has it. */
export interface SettingDifference {
  /** Where an inspection shows it, e.g. `HostConfig.Memory`, `Config.Env.MODE` or `Networks.app.Aliases`. */
  readonly field: string;
  /** Null where it is not set, and where the value may be a secret. */
  readonly before: string | null;
  readonly after: string | null;
  /** Why that is as it should be; null where no rule explains it. */
  readonly reason: string | null;
}

/** The proof that no setting was lost: the new container beside the old one, before that is touched. */
export interface SettingsComparison {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** How many settings were compared. */
  readonly compared: number;
  /** Sorted by field; those that a rule explains too. */
  readonly differences: readonly SettingDifference[];
}

/** What of a comparison must not be: for the message of `settings-changed`; null where everything is explained. */
export function unexplained({ differences }: SettingsComparison): string | null {
  const lost = differences.filter(({ reason }) => reason === null).map(inWords);
  return lost.length === 0 ? null : lost.join('; ');
}

function inWords({ field, before, after }: SettingDifference): string {
  if (before === null && after === null) return `${field} is another`;
  return `${field} was ${before ?? 'not set'} and would be ${after ?? 'not set'}`;
}
