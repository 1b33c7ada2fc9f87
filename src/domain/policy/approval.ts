import type { Deployment } from '../deployment/deployment.js';
import type { ApprovalSettings } from '../settings/policy-settings.js';

/** Whether enough of those who may have agreed. One that was asked for by hand does not count its own asker. */
export function isApproved(deployment: Deployment, settings: ApprovalSettings): boolean {
  return agreed(deployment, settings).length >= settings.required;
}

/** Why somebody may not approve or reject a deployment; null where he may. */
export function whyNotApprove(
  { trigger }: Deployment,
  settings: ApprovalSettings,
  by: string,
): string | null {
  if (settings.of !== null && !settings.of.includes(by)) {
    return `only ${settings.of.join(', ')} may approve deployments here`;
  }
  if (trigger.kind === 'api' && trigger.by === by) {
    return 'whoever asked for a deployment by hand cannot approve it';
  }
  return null;
}

/** `1 of 2 agreed (anna); ben or carl may`. */
export function describeApproval(deployment: Deployment, settings: ApprovalSettings): string {
  const names = agreed(deployment, settings);
  const who = names.length === 0 ? '' : ` (${names.join(', ')})`;
  const others = settings.of?.filter((name) => whyNotApprove(deployment, settings, name) === null);
  const left = others?.filter((name) => !names.includes(name)).join(' or ');
  const count = `${String(names.length)} of ${String(settings.required)} agreed${who}`;
  return `${count}; ${left ?? 'every operator'} may`;
}

function agreed(deployment: Deployment, settings: ApprovalSettings): string[] {
  const names = deployment.approvals.map(({ by }) => by);
  return [...new Set(names)].filter((by) => whyNotApprove(deployment, settings, by) === null);
}
