import type { Freeze } from '../../domain/policy/freeze.js';
import type { Session } from '../session.js';

/** Manual freezes: one per environment, the last one requested. */
export class FreezeRepository {
  constructor(private readonly session: Session) {}

  /** Includes one that has ended; null if there is none. */
  get(environment: string): Promise<Freeze | null> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('freezes')
        .select(['reason', 'until', 'by_name as by', 'since'])
        .where('environment', '=', environment)
        .executeTakeFirst();
      return row ?? null;
    });
  }

  /** Replaces an existing value. */
  set(environment: string, { reason, until, by, since }: Freeze): Promise<void> {
    const values = { reason, until, by_name: by, since };
    return this.session.write(async (database) => {
      await database
        .insertInto('freezes')
        .values({ environment, ...values })
        .onConflict((conflict) => conflict.column('environment').doUpdateSet(values))
        .execute();
    });
  }

  /** Does nothing if there is none. */
  remove(environment: string): Promise<void> {
    return this.session.write(async (database) => {
      await database.deleteFrom('freezes').where('environment', '=', environment).execute();
    });
  }
}
