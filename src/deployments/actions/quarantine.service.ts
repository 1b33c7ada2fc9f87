import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import { DeployError } from '../../domain/errors.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { QuarantineEntry } from '../../storage/repositories/quarantine.repository.js';
import { Storage } from '../../storage/storage.js';
import { auditEntry } from '../audit-entry.js';

/** Shows which digests are quarantined, and lets them go. */
@Injectable()
export class QuarantineService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
  ) {}

  /** The longest quarantined first. @throws DeployError `not-found` */
  list(environment: string, name: string): Promise<QuarantineEntry[]> {
    this.environments.service(environment, name);
    return this.storage.quarantine.entries(environment, name);
  }

  /** From now on the digest may be deployed again. @throws DeployError `not-found`, also where it is not quarantined. */
  async lift(environment: string, name: string, digest: string, by: Actor): Promise<void> {
    this.environments.service(environment, name);
    await this.storage.transaction(async (stored) => {
      if (!(await stored.quarantine.has(environment, name, digest))) {
        throw new DeployError(
          'not-found',
          `${JSON.stringify(digest)} is not quarantined in ${environment}/${name}`,
        );
      }
      await stored.quarantine.remove(environment, name, digest);
      const about = { environment, service: name, detail: digest };
      await stored.audit.add(auditEntry(by, 'lift-quarantine', about));
    });
  }
}
