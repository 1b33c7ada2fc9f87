import type { ApproveLink } from '../../domain/deployment/approve-link.js';
import type { Session } from '../session.js';

type Spendable = Pick<ApproveLink, 'deployment' | 'id'>;

/** Approve links that were used: each is valid for one verdict. */
export class SpentLinkRepository {
  constructor(private readonly session: Session) {}

  /** False if it was spent before: of two concurrent calls, one gets true. */
  spend({ deployment, id }: Spendable, spentAt: string): Promise<boolean> {
    return this.session.write(async (database) => {
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('spent_links')
        .values({ deployment, id, spent_at: spentAt })
        .onConflict((conflict) => conflict.columns(['deployment', 'id']).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  has({ deployment, id }: Spendable): Promise<boolean> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('spent_links')
        .select('id')
        .where('deployment', '=', deployment)
        .where('id', '=', id)
        .executeTakeFirst();
      return row !== undefined;
    });
  }
}
