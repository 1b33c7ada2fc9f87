import type { AuditEntry } from '../../domain/deployment/audit.js';
import type { Session } from '../session.js';

/** Who did what. Entries are only added, never changed. */
export class AuditRepository {
  constructor(private readonly session: Session) {}

  add({ by, ...entry }: AuditEntry): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .insertInto('audit')
        .values({ ...entry, by_name: by })
        .execute();
    });
  }

  /** Newest first. `before`: only entries older than the one with this id. */
  list(query: { readonly limit: number; readonly before: string | null }): Promise<AuditEntry[]> {
    return this.session.read(async (database) => {
      let select = database
        .selectFrom('audit')
        .select([
          'id',
          'at',
          'by_name as by',
          'role',
          'action',
          'environment',
          'service',
          'deployment',
          'detail',
        ]);
      if (query.before !== null) select = select.where('id', '<', query.before);
      return select.orderBy('id', 'desc').limit(query.limit).execute();
    });
  }
}
