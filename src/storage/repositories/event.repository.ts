import type { Kysely } from 'kysely';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Schema } from './schema.js';
import type { Session } from '../session.js';

/** A deployment as it was right after a change. */
export interface DeploymentEvent {
  /** Increases over all deployments; never reused. */
  readonly id: number;
  readonly deployment: Deployment;
}

/** The history behind `GET /events`, to which every change of a deployment adds. */
export class EventRepository {
  constructor(private readonly session: Session) {}

  /**
   * Events after the one with this id, oldest first.
   * @param environments Only of these; null: of all.
   */
  after(
    id: number,
    limit: number,
    environments: readonly string[] | null = null,
  ): Promise<DeploymentEvent[]> {
    return this.session.read(async (database) => {
      let query = database.selectFrom('events').select(['id', 'data']).where('id', '>', id);
      if (environments !== null) query = query.where('environment', 'in', environments);
      const rows = await query.orderBy('id').limit(limit).execute();
      return rows.map((row) => ({ id: row.id, deployment: JSON.parse(row.data) as Deployment }));
    });
  }

  /** Id of the newest event; 0 if there is none. */
  lastId(): Promise<number> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('events')
        .select((select) => select.fn.max<number | null>('id').as('last'))
        .executeTakeFirstOrThrow();
      return row.last ?? 0;
    });
  }
}

/** Adds the event of a change, in the same transaction. */
export async function appendEvent(database: Kysely<Schema>, deployment: Deployment): Promise<void> {
  await database
    .insertInto('events')
    .values({
      deployment: deployment.id,
      environment: deployment.environment,
      data: JSON.stringify(deployment),
      at: new Date().toISOString(),
    })
    .execute();
}
