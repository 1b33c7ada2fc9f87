/** `rollback-all`: what has moved already goes back, the last first. `stop`: it stays. */
export type GroupFailure = 'rollback-all' | 'stop';

/** Services of an environment that move together. */
export interface GroupSettings {
  /** Names of services: each moves after the ones before it have. */
  readonly order: readonly string[];
  readonly onFailure: GroupFailure;
  /** How long after the last push further ones are waited for, in milliseconds. */
  readonly settleMs: number;
}
