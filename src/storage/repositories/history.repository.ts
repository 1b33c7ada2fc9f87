import type { Kysely } from 'kysely';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { deploymentsOf, VERSION_COLUMNS, versionOf } from './deployment-row.js';
import type { DeploymentTable, Schema } from './schema.js';
import type { Session } from '../session.js';

/** What is kept forever about a rollout that has ended. */
export type PastRollout = Pick<
  Deployment,
  'id' | 'environment' | 'service' | 'image' | 'tag' | 'digest' | 'previousDigest' | 'phase'
> & {
  /** RFC 3339, UTC, milliseconds. */
  readonly finishedAt: string;
};

/** The columns of a `PastRollout`, in both tables. */
export const PAST_COLUMNS = [
  ...VERSION_COLUMNS,
  'phase',
  'finished_at',
] as const satisfies readonly (keyof DeploymentTable)[];

/**
 * What ran in services, including rollouts whose deployments have been pruned. All decisions that depend on history
 * ask here.
 */
export class HistoryRepository {
  constructor(private readonly session: Session) {}

  /** Every digest for which a rollout of the service was started, and every digest that a rollout found running. */
  digestsThatRan(environment: string, service: string): Promise<string[]> {
    return this.session.read(async (database) => {
      const kept = deploymentsOf(database, environment, service);
      const pruned = prunedOf(database, environment, service);
      const rows = await kept
        .where('started_at', 'is not', null)
        .select('digest')
        .union(kept.select('previous_digest as digest'))
        .union(pruned.select('digest'))
        .union(pruned.select('previous_digest as digest'))
        .execute();
      return rows.map((row) => row.digest).filter((digest) => digest !== null);
    });
  }

  /** Succeeded rollouts of a service, the last finished first. */
  succeeded(environment: string, service: string, limit: number): Promise<PastRollout[]> {
    return this.session.read(async (database) => {
      const [kept, pruned] = ofService(database, environment, service);
      const rows = await kept
        .where('phase', '=', 'succeeded')
        .unionAll(pruned.where('phase', '=', 'succeeded'))
        .orderBy('finished_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(pastRolloutOf);
    });
  }

  /** Started and ended rollouts of a service, the last finished first. */
  ended(environment: string, service: string, limit: number): Promise<PastRollout[]> {
    return this.session.read(async (database) => {
      const [kept, pruned] = ofService(database, environment, service);
      const rows = await kept
        .where('started_at', 'is not', null)
        .unionAll(pruned)
        .orderBy('finished_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(pastRolloutOf);
    });
  }

  /** The rollout of a pruned deployment; null if there was none or the deployment still exists. */
  pruned(id: string): Promise<PastRollout | null> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('pruned_rollouts')
        .select(PAST_COLUMNS)
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : pastRolloutOf(row);
    });
  }
}

/** The ended deployments of a service that still exist, and the rollouts of those that were pruned. */
function ofService(database: Kysely<Schema>, environment: string, service: string) {
  const kept = deploymentsOf(database, environment, service)
    .select(PAST_COLUMNS)
    .where('finished_at', 'is not', null);
  return [kept, prunedOf(database, environment, service).select(PAST_COLUMNS)] as const;
}

function prunedOf(database: Kysely<Schema>, environment: string, service: string) {
  return database
    .selectFrom('pruned_rollouts')
    .where('environment', '=', environment)
    .where('service', '=', service);
}

function pastRolloutOf(row: Pick<DeploymentTable, (typeof PAST_COLUMNS)[number]>): PastRollout {
  return {
    ...versionOf(row),
    phase: row.phase,
    finishedAt: row.finished_at ?? '',
  };
}
