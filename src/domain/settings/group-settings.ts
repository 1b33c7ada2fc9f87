/** `rollback-all`: services that were already deployed are rolled back, the last first. `stop`: they stay. */
export type GroupFailure = 'rollback-all' | 'stop';

/** Services of an environment that are deployed together. */
export interface GroupSettings {
  /** Names of services, deployed one after another in this order. */
  readonly order: readonly string[];
  readonly onFailure: GroupFailure;
  /** How long to wait for further pushes after the last one, in milliseconds. */
  readonly settleMs: number;
}
