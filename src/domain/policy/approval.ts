import type { Deployment } from '../deployment/deployment.js';
import type { ApprovalSettings } from '../settings/policy-settings.js';

/** Whether enough of the permitted people have approved. Whoever made a manual deployment does not count. */
export function isApproved(deployment: Deployment, settings: ApprovalSettings): boolean {
  return approversOf(deployment, settings).length >= settings.required;
}

/** Why a person may not approve or reject a deployment; null if they may. */
export function whyNotApprove(
  { trigger }: Deployment,
  settings: ApprovalSettings,
  by: string,
): string | null {
  if (settings.of !== null && !settings.of.includes(by)) {
    return `only ${settings.of.join(', ')} may approve deployments here`;
  }
  if (trigger.kind === 'api' && trigger.by === by) {
    return 'whoever made a manual deployment cannot approve it';
  }
  return null;
}

/** `1 of 2 approved (anna); ben or carl may approve`. */
export function describeApproval(deployment: Deployment, settings: ApprovalSettings): string {
  const names = approversOf(deployment, settings);
  const who = names.length === 0 ? '' : ` (${names.join(', ')})`;
  const others = settings.of?.filter((name) => whyNotApprove(deployment, settings, name) === null);
  const left = others?.filter((name) => !names.includes(name)).join(' or ');
  const count = `${String(names.length)} of ${String(settings.required)} approved${who}`;
  return `${count}; ${left ?? 'every operator'} may approve`;
}

function approversOf(deployment: Deployment, settings: ApprovalSettings): string[] {
  const names = deployment.approvals.map(({ by }) => by);
  return [...new Set(names)].filter((by) => whyNotApprove(deployment, settings, by) === null);
}
