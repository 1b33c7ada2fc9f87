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

  /** Keeps what is there. @returns the value that is there now: of two at once, both get the same. */
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

  /** Replaces what was there. */
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
