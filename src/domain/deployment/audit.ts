import type { Role } from '../settings/access.js';

/** What a person may do that changes something. */
export type AuditAction =
  | 'deploy'
  | 'rollback'
  | 'approve'
  | 'approve-link'
  | 'reject'
  | 'cancel'
  | 'freeze'
  | 'thaw'
  | 'replay'
  | 'lift-quarantine';

/** Who does something: a token, by its name. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

/** Who did what, and when. */
export interface AuditEntry {
  /** ULID: sorts by time. */
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  /** Name of the token, or of the person that a link was for. */
  readonly by: string;
  readonly role: Role;
  readonly action: AuditAction;
  readonly environment: string | null;
  readonly service: string | null;
  /** Id of the deployment that was created or changed. */
  readonly deployment: string | null;
  /** The comment or request, human-readable; null: none. */
  readonly detail: string | null;
}
