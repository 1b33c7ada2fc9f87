import type { Kysely } from 'kysely';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Schema } from './schema.js';
import type { Session } from '../session.js';

/** A deployment as it was right after one of its changes. */
export interface DeploymentEvent {
  /** Counts up over all deployments; never used twice. */
  readonly id: number;
  readonly deployment: Deployment;
}

/** The history that `GET /events` serves. Deployments write it themselves, with each of their changes. */
export class EventRepository {
  constructor(private readonly session: Session) {}

  /**
   * Those that came after the one of this id, oldest first.
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

  /** The newest one's id; 0 before the first. */
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

/** Adds the event of a change, in the transaction of that change. */
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
