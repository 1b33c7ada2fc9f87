import type { Actor, AuditAction, AuditEntry } from '../domain/deployment/audit.js';
import type { Deployment } from '../domain/deployment/deployment.js';
import { newId } from './new-id.js';

/** The audit entry of an action, to be stored in the same transaction. */
export function auditEntry(
  by: Actor,
  action: AuditAction,
  about: {
    readonly deployment?: Deployment;
    readonly environment?: string;
    readonly service?: string;
    readonly detail?: string | undefined;
  },
): AuditEntry {
  const { deployment } = about;
  return {
    id: newId(),
    at: new Date().toISOString(),
    by: by.name,
    role: by.role,
    action,
    environment: about.environment ?? deployment?.environment ?? null,
    service: about.service ?? deployment?.service ?? null,
    deployment: deployment?.id ?? null,
    detail: about.detail ?? null,
  };
}
