import type { Session } from './session.js';

/** Approval links that were used: each is good once. */
export class UsedLinkRepository {
  constructor(private readonly session: Session) {}

  /** @returns false where it was used before. `expiresAt`: from when on the link is void by itself. */
  use(id: string, expiresAt: string): Promise<boolean> {
    return this.session.write(async (database) => {
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('used_links')
        .values({ id, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  has(id: string): Promise<boolean> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('used_links')
        .select('id')
        .where('id', '=', id)
        .executeTakeFirst();
      return row !== undefined;
    });
  }
}
