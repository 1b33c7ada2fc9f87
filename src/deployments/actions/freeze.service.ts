import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import { DeployError } from '../../domain/errors.js';
import { BY_CALENDAR, type Freeze } from '../../domain/policy/freeze.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { auditEntry } from '../audit-entry.js';
import { Reconcilers } from '../queue/reconcilers.js';

/** Freezes and thaws environments manually. */
@Injectable()
export class FreezeService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly reconcilers: Reconcilers,
  ) {}

  /**
   * Nothing starts there from now on; what was started is finished. Replaces an earlier manual freeze.
   * @param until RFC 3339; null: until it is lifted.
   * @throws DeployError `not-found`, `invalid` where `until` is not in the future.
   */
  async freeze(
    name: string,
    { reason, until }: { readonly reason: string; readonly until: string | null },
    by: Actor,
  ): Promise<Freeze> {
    const environment = this.environments.environment(name);
    const now = new Date();
    if (until !== null && Date.parse(until) <= now.getTime()) {
      throw new DeployError('invalid', `until: ${until} is over; give a time to come`);
    }
    const freeze: Freeze = {
      reason,
      until: until === null ? null : new Date(until).toISOString(),
      by: by.name,
      since: now.toISOString(),
    };
    await this.storage.transaction(async (stored) => {
      await stored.freezes.set(name, freeze);
      const detail = `${reason} (${until === null ? 'until it is lifted' : `until ${until}`})`;
      await stored.audit.add(auditEntry(by, 'freeze', { environment: name, detail }));
    });
    this.wake(environment.name);
    return freeze;
  }

  /**
   * Lifts the manual freeze; if there is none, nothing changes.
   * @throws DeployError `not-found`; `wrong-phase` where the calendar of the configuration freezes it.
   */
  async thaw(name: string, by: Actor): Promise<void> {
    this.environments.environment(name);
    const hadOne = await this.storage.transaction(async (stored) => {
      if ((await stored.freezes.get(name)) === null) return false;
      await stored.freezes.remove(name);
      await stored.audit.add(auditEntry(by, 'thaw', { environment: name }));
      return true;
    });
    this.wake(name);
    const left = await this.environments.freeze(name, Date.now());
    if (hadOne || left?.by !== BY_CALENDAR) return;
    throw new DeployError(
      'wrong-phase',
      `${name} is frozen by "freezes" in the configuration (${left.reason}) until ${left.until ?? 'its end'}; change it there, or deploy with "force" as admin`,
    );
  }

  private wake(name: string): void {
    for (const { environment, name: service } of this.environments.environment(name).services) {
      this.reconcilers.of(environment, service).wake();
    }
  }
}
