import type { Freeze } from '../../domain/policy/freeze.js';
import type { Session } from '../session.js';

/** Freezes by hand: one per environment, the last that was asked for. */
export class FreezeRepository {
  constructor(private readonly session: Session) {}

  /** Also one that has ended; null where there is none. */
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

  /** Replaces what was there. */
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

  /** Does nothing where there is none. */
  remove(environment: string): Promise<void> {
    return this.session.write(async (database) => {
      await database.deleteFrom('freezes').where('environment', '=', environment).execute();
    });
  }
}
