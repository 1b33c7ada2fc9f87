import type { Session } from '../session.js';

/** Single values that Deploy keeps for itself, by name. */
export class SettingRepository {
  constructor(private readonly session: Session) {}

  get(key: string): Promise<string | null> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('settings')
        .select('value')
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.value ?? null;
    });
  }

  /** Keeps an existing value. @returns the stored value: of two concurrent calls, both get the same. */
  setOnce(key: string, value: string): Promise<string> {
    return this.session.write(async (database) => {
      await database
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute();
      const kept = await database
        .selectFrom('settings')
        .select('value')
        .where('key', '=', key)
        .executeTakeFirstOrThrow();
      return kept.value;
    });
  }

  /** Replaces an existing value. */
  set(key: string, value: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    });
  }
}
