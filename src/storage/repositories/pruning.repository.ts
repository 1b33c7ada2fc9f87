import type { Kysely } from 'kysely';
import { hasEnded, PHASES } from '../../domain/deployment/deployment.js';
import { KEPT_DEPLOYMENTS } from '../../domain/deployment/retention.js';
import { deploymentsOf } from './deployment-row.js';
import { PAST_COLUMNS } from './history.repository.js';
import type { Schema } from './schema.js';
import type { Session } from '../session.js';

/** A service, configured or not, by environment and name. */
export interface ServiceName {
  readonly environment: string;
  readonly service: string;
}

/** What to delete. */
export interface Batch {
  /** Only what is older. RFC 3339, UTC, milliseconds. */
  readonly before: string;
  /** Upper limit for one call, so that its transaction stays short. */
  readonly limit: number;
}

const ENDED = PHASES.filter(hasEnded);
const NOT_ENDED = PHASES.filter((phase) => !hasEnded(phase));

/**
 * Deletes old rows, one batch per call, but nothing that is still referenced. Each method returns how many it deleted:
 * fewer than the limit means that none are left.
 */
export class PruningRepository {
  constructor(private readonly session: Session) {}

  /** The next service with deployments, in the order of names; null after the last. */
  serviceAfter(last: ServiceName | null): Promise<ServiceName | null> {
    return this.session.read(async (database) => {
      let query = database.selectFrom('deployments').select(['environment', 'service']);
      if (last !== null) {
        query = query.where((where) =>
          where(
            where.refTuple('environment', 'service'),
            '>',
            where.tuple(last.environment, last.service),
          ),
        );
      }
      const next = await query
        .orderBy('environment')
        .orderBy('service')
        .limit(1)
        .executeTakeFirst();
      return next ?? null;
    });
  }

  /**
   * Deletes deployments of a service that ended long ago, with their steps, logs and links. The newest deployments and
   * the newest succeeded ones are kept, and of every rollout what `HistoryRepository` needs.
   */
  deployments({ environment, service }: ServiceName, { before, limit }: Batch): Promise<number> {
    return this.session.write(async (database) => {
      const ofService = deploymentsOf(database, environment, service);
      const oldestKept = await ofService
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .offset(KEPT_DEPLOYMENTS - 1)
        .executeTakeFirst();
      if (oldestKept === undefined) return 0;
      const good = ofService
        .select('id')
        .where('phase', '=', 'succeeded')
        .orderBy('finished_at', 'desc')
        .orderBy('id', 'desc')
        .limit(KEPT_DEPLOYMENTS);
      const old = await ofService
        .select([...PAST_COLUMNS, 'started_at'])
        .where('phase', 'in', ENDED)
        .where('finished_at', '<', before)
        .where('id', '<', oldestKept.id)
        .where('id', 'not in', good)
        .orderBy('finished_at')
        .limit(limit)
        .execute();
      await remember(database, old);
      const ids = old.map(({ id }) => id);
      if (ids.length === 0) return 0;
      await database.deleteFrom('deployments').where('id', 'in', ids).execute();
      await forgetGroupRuns(database);
      return ids.length;
    });
  }

  /** Deletes old deliveries without a deployment or a pending recheck. */
  deliveries({ before, limit }: Batch): Promise<number> {
    return this.session.write(async (database) => {
      const { numDeletedRows } = await database
        .deleteFrom('deliveries')
        .where('id', 'in', (where) =>
          where
            .selectFrom('deliveries as old')
            .select('old.id')
            .where('old.received_at', '<', before)
            .where((old) =>
              old.not(
                old.exists(
                  old
                    .selectFrom('delivery_deployments as link')
                    .select('link.deployment')
                    .whereRef('link.delivery', '=', 'old.id'),
                ),
              ),
            )
            .where((old) =>
              old.not(
                old.exists(
                  old
                    .selectFrom('deployments')
                    .select('deployments.id')
                    .whereRef('deployments.trigger_delivery', '=', 'old.id'),
                ),
              ),
            )
            .where('old.id', 'not in', where.selectFrom('rechecks').select('rechecks.delivery'))
            .orderBy('old.received_at')
            .limit(limit),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    });
  }

  /** Deletes old events of ended deployments. The newest event is kept: ids continue from it. */
  events({ before, limit }: Batch): Promise<number> {
    return this.session.write(async (database) => {
      const { numDeletedRows } = await database
        .deleteFrom('events')
        .where('id', 'in', (where) =>
          where
            .selectFrom('events as old')
            .select('old.id')
            .where('old.at', '<', before)
            .where('old.id', '<', (newest) =>
              newest.selectFrom('events').select(({ fn }) => fn.max('events.id').as('last')),
            )
            .where('old.deployment', 'not in', (active) =>
              active
                .selectFrom('deployments')
                .select('deployments.id')
                .where('deployments.phase', 'in', NOT_ENDED),
            )
            .orderBy('old.at')
            .limit(limit),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    });
  }
}

/** Keeps what later decisions need: digests that ran or were found running. */
async function remember(
  database: Kysely<Schema>,
  old: readonly Pick<Schema['deployments'], (typeof PAST_COLUMNS)[number] | 'started_at'>[],
): Promise<void> {
  const rollouts = old
    .filter((each) => each.started_at !== null || each.previous_digest !== null)
    .map(({ started_at, finished_at, digest, ...rest }) => ({
      ...rest,
      digest: started_at === null ? null : digest,
      finished_at: finished_at ?? '',
    }));
  if (rollouts.length === 0) return;
  await database.insertInto('pruned_rollouts').values(rollouts).execute();
}

/** Deletes ended grouped deployments without deployments. */
async function forgetGroupRuns(database: Kysely<Schema>): Promise<void> {
  await database
    .deleteFrom('group_runs')
    .where('finished_at', 'is not', null)
    .where((run) =>
      run.not(
        run.exists(
          run
            .selectFrom('deployments')
            .select('deployments.id')
            .whereRef('deployments.group_id', '=', 'group_runs.id'),
        ),
      ),
    )
    .execute();
}
