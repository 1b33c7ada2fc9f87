import type { OldContainer, RolloutOptions } from '../intent.js';

/** What a health gate has to know of the rollout whose container it watches. Every rollout's intent is one. */
export interface GateSubject extends Pick<RolloutOptions, 'health' | 'probeVia' | 'waiting'> {
  /**
   * The container that was there before. If it is the one that is watched, restarts before the watch began are
   * ignored. `autoRemove`: the engine removes the watched container when it exits, because of `--rm`.
   */
  readonly old: Pick<OldContainer, 'id' | 'autoRemove'>;
}
