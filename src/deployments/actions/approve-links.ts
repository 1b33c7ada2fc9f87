import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Authenticator } from '../../access/authenticator.js';
import { assertEnvironment, includesRole, maySee, type Principal } from '../../access/principal.js';
import { ConfigurationService } from '../../config/configuration.service.js';
import { linkExpiry, type ApproveLink } from '../../domain/deployment/approve-link.js';
import type { Actor } from '../../domain/deployment/audit.js';
import { unknownDeployment, type Deployment } from '../../domain/deployment/deployment.js';
import { DeployError } from '../../domain/errors.js';
import { Storage } from '../../storage/storage.js';
import { auditEntry } from '../audit-entry.js';
import { assertSameDigest, spentLink, unknownLink, ApprovalService } from './approval.service.js';
import { LinkKey } from './link-key.js';
import { signLink } from './link-signature.js';

const ID_BYTES = 16;

/** A link that was made: whoever has it can answer in the name of the person that it is for. */
export interface MadeLink {
  /** Secret: never to be logged. */
  readonly url: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly expiresAt: string;
}

/** What a link asks, and whom. */
export interface Question {
  readonly deployment: Deployment;
  readonly approver: Actor;
}

export type Verdict = 'approve' | 'reject';

/** Links by which one person can approve or reject one deployment, once, without a token. */
@Injectable()
export class ApproveLinks {
  constructor(
    private readonly storage: Storage,
    private readonly configuration: ConfigurationService,
    private readonly authenticator: Authenticator,
    private readonly verdicts: ApprovalService,
    private readonly key: LinkKey,
  ) {}

  /**
   * A link for a person who may approve a deployment that waits for approval; any number may be made.
   * @throws DeployError `not-found`; `no-public-url`; `wrong-phase`; `forbidden` where the person may not approve it.
   */
  async make(id: string, person: string): Promise<MadeLink> {
    const deployment = await this.deployment(id);
    const { publicUrl } = this.configuration.current();
    if (publicUrl === null) {
      throw new DeployError(
        'no-public-url',
        'set server.publicUrl in the configuration: a link begins with it',
      );
    }
    this.approver(deployment, person);
    const expiresAt = linkExpiry(deployment, Date.now());
    const link: ApproveLink = {
      id: randomBytes(ID_BYTES).toString('base64url'),
      deployment: id,
      digest: deployment.digest ?? '',
      person,
      expiresAt,
    };
    return { url: `${publicUrl}/approve/${signLink(link, await this.key.made())}`, expiresAt };
  }

  /**
   * The same at a caller's request; audited.
   * @throws DeployError as `make`; `forbidden` for another person without the role admin, and for whoever asked for
   * the manual deployment: whoever sees the link could approve it.
   */
  async makeAs(caller: Principal, id: string, person: string): Promise<MadeLink> {
    const deployment = await this.deployment(id);
    assertEnvironment(caller, deployment.environment);
    if (person !== caller.name && !includesRole(caller.role, 'admin')) {
      throw new DeployError('forbidden', 'a link for another person requires the role admin');
    }
    if (deployment.trigger.kind === 'api' && deployment.trigger.by === caller.name) {
      const why = 'whoever made a manual deployment cannot make links to approve it';
      throw new DeployError('forbidden', why);
    }
    const made = await this.make(id, person);
    const detail = `for ${person}, until ${made.expiresAt}`;
    await this.storage.audit.add(auditEntry(caller, 'approve-link', { deployment, detail }));
    return made;
  }

  /**
   * What a link asks now. Nothing is changed.
   * @throws DeployError `not-found`; `gone` where it is spent; `wrong-phase` and `forbidden` where it no longer applies.
   */
  async look(link: ApproveLink): Promise<Question> {
    const deployment = await this.storage.deployments.get(link.deployment);
    if (deployment === null) throw unknownLink();
    if (await this.storage.spentLinks.has(link)) throw spentLink();
    assertSameDigest(deployment, link);
    return { deployment, approver: this.approver(deployment, link.person) };
  }

  /** Says yes or no in the name of the person and spends the link. @throws as `look`. */
  async use(link: ApproveLink, verdict: Verdict, comment?: string): Promise<Deployment> {
    const { approver } = await this.look(link);
    return this.verdicts[verdict](link.deployment, approver, comment, link);
  }

  /**
   * On whose behalf the link answers. A name in `approval.of` needs no token; if a token of that name exists, a link lets nobody do
   * more than that token.
   */
  private approver(deployment: Deployment, person: string): Actor {
    const settings = this.verdicts.assertMayDecide(deployment, { name: person });
    const token = this.authenticator.named(person);
    if (token === null) {
      if (settings.of !== null) return { name: person, role: 'operator' };
      throw new DeployError('forbidden', `there is no operator ${JSON.stringify(person)}`);
    }
    if (!includesRole(token.role, 'operator') || !maySee(token, deployment.environment)) {
      throw new DeployError('forbidden', `the token of ${person} may not approve this`);
    }
    return { name: person, role: token.role };
  }

  private async deployment(id: string): Promise<Deployment> {
    const deployment = await this.storage.deployments.get(id);
    if (deployment === null) throw unknownDeployment(id);
    return deployment;
  }
}
