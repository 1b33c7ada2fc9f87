import type { Session } from '../session.js';

/** A request, caused by a duplicate delivery, to look a tag up once more. */
export interface Recheck {
  readonly environment: string;
  readonly service: string;
  /** Canonical repository. */
  readonly image: string;
  readonly tag: string;
  /** Id of the delivery that asked first. */
  readonly delivery: string;
  readonly webhook: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

/** Pending rechecks of the registry, at most one per service and tag. */
export class RecheckRepository {
  constructor(private readonly session: Session) {}

  /** Does nothing if one is already pending for the same service and tag. */
  add(recheck: Recheck): Promise<void> {
    const { environment, service, image, tag, delivery, webhook, at } = recheck;
    return this.session.write(async (database) => {
      await database
        .insertInto('rechecks')
        .values({ environment, service, image, tag, delivery, webhook, at })
        .onConflict((conflict) => conflict.columns(['environment', 'service', 'tag']).doNothing())
        .execute();
    });
  }

  /** Oldest first. */
  all(): Promise<Recheck[]> {
    return this.session.read((database) =>
      database
        .selectFrom('rechecks')
        .select(['environment', 'service', 'image', 'tag', 'delivery', 'webhook', 'at'])
        .orderBy('at')
        .orderBy('delivery')
        .execute(),
    );
  }

  /** Does nothing if it does not exist. */
  remove(environment: string, service: string, tag: string): Promise<void> {
    return this.session.write(async (database) => {
      await database
        .deleteFrom('rechecks')
        .where('environment', '=', environment)
        .where('service', '=', service)
        .where('tag', '=', tag)
        .execute();
    });
  }
}
