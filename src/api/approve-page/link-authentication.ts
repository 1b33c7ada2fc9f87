import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { FailedAuthentications } from '../../access/failed-authentications.js';
import { senderNetwork } from '../../access/sender-address.js';
import { readLink } from '../../deployments/actions/link-signature.js';
import type { ApproveLink } from '../../domain/deployment/approve-link.js';
import { DeployError } from '../../domain/errors.js';
import { LinkKey } from '../../deployments/actions/link-key.js';
import { unknownLink } from '../../deployments/actions/approval.service.js';

/** Signs nothing: a stand-in to compare with while there is no key. */
const NO_KEY = randomBytes(32);

/** Verifies that the last segment of an address is a link made by this Deploy. */
@Injectable()
export class LinkAuthentication {
  constructor(
    private readonly key: LinkKey,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * The content of the link. Stores nothing.
   * @throws DeployError `throttled` after too many failures of this sender, even with a valid link;
   * `not-found` for anything that this Deploy did not sign; `gone` if the link has expired.
   */
  async authenticate(token: string, request: Request): Promise<ApproveLink> {
    const sender = `approve|${senderNetwork(request)}`;
    this.failures.assertCalm(sender);
    const link = readLink(token, (await this.key.known()) ?? NO_KEY);
    if (link === null) {
      this.failures.record(sender);
      throw unknownLink();
    }
    if (Date.parse(link.expiresAt) <= Date.now()) {
      throw new DeployError('gone', 'this link has expired; ask for a new one');
    }
    return link;
  }
}
