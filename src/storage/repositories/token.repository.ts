import type { Role } from '../../domain/settings/access.js';
import type { Session } from '../session.js';

/** A token that Deploy generated: only its hash, never the token itself. */
export interface StoredToken {
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
}

/** Tokens that are not in the configuration. */
export class TokenRepository {
  constructor(private readonly session: Session) {}

  all(): Promise<StoredToken[]> {
    return this.session.read((database) =>
      database.selectFrom('tokens').select(['name', 'role', 'hash']).orderBy('name').execute(),
    );
  }

  /** @throws DeployError `internal` if the name is taken. */
  add({ name, role, hash }: StoredToken): Promise<void> {
    return this.session.write(async (database) => {
      await database.insertInto('tokens').values({ name, role, hash }).execute();
    });
  }
}
