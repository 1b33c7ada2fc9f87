import type { Session } from '../session.js';

/** A digest that failed in a service through its own fault, and why. */
export interface QuarantineEntry {
  readonly environment: string;
  readonly service: string;
  readonly digest: string;
  /** Id of the deployment that failed with it. */
  readonly deployment: string;
  readonly reason: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

/** Digests that a service does not roll out again without `force`. */
export class QuarantineRepository {
  constructor(private readonly session: Session) {}

  /** An existing entry gets the newer reason. */
  add({ environment, service, digest, deployment, reason, at }: QuarantineEntry): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .insertInto('quarantine')
        .values({ environment, service, digest, deployment, reason, at })
        .onConflict((conflict) =>
          conflict
            .columns(['environment', 'service', 'digest'])
            .doUpdateSet({ deployment, reason, at }),
        )
        .execute();
    });
  }

  /** Does nothing if it does not exist. */
  remove(environment: string, service: string, digest: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .deleteFrom('quarantine')
        .where('environment', '=', environment)
        .where('service', '=', service)
        .where('digest', '=', digest)
        .execute();
    });
  }

  has(environment: string, service: string, digest: string): Promise<boolean> {
    return this.session.read(async (database) => {
      const row = await database
        .selectFrom('quarantine')
        .select('digest')
        .where('environment', '=', environment)
        .where('service', '=', service)
        .where('digest', '=', digest)
        .executeTakeFirst();
      return row !== undefined;
    });
  }

  /** Oldest first. */
  entries(environment: string, service: string): Promise<QuarantineEntry[]> {
    return this.session.read((database) =>
      database
        .selectFrom('quarantine')
        .select(['environment', 'service', 'digest', 'deployment', 'reason', 'at'])
        .where('environment', '=', environment)
        .where('service', '=', service)
        .orderBy('at')
        .orderBy('digest')
        .execute(),
    );
  }

  /** Digests, oldest first. */
  async list(environment: string, service: string): Promise<string[]> {
    return (await this.entries(environment, service)).map(({ digest }) => digest);
  }
}
