import { createHash } from 'node:crypto';
import type { Response } from 'express';
import type { ApproveLink } from '../../domain/deployment/approve-link.js';
import type { Deployment, Trigger } from '../../domain/deployment/deployment.js';
import type { Question } from '../../deployments/actions/approve-links.js';
import { markup, Markup } from './markup.js';
import { LONGEST_COMMENT } from './verdict-form.js';

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.4rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem }
dt { color: #666 }
dd { margin: 0; overflow-wrap: anywhere }
textarea { display: block; box-sizing: border-box; width: 100%; margin: .3rem 0 1rem; font: inherit }
button { font: inherit; padding: .4rem 1.4rem; margin-right: .6rem }
`;

/** No external content, no scripts, only the page's own style, forms to this address only, no framing. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends a page. The other security headers are set on every answer. */
export function sendPage(response: Response, status: number, page: Markup): void {
  response.setHeader('Content-Security-Policy', CONTENT_POLICY);
  response.status(status).type('text/html; charset=utf-8').send(page.text);
}

/** The question, with a form for the two answers. */
export function questionPage(link: ApproveLink, { deployment, approver }: Question): Markup {
  const { environment, service, image, tag, digest, trigger } = deployment;
  const facts: readonly (readonly [string, string])[] = [
    ['Environment', environment],
    ['Service', service],
    ['Image', image],
    ['Tag', tag],
    ['Digest', digest ?? ''],
    ['Requested', describeTrigger(trigger)],
    ['This link is for', approver.name],
    ['Valid until', link.expiresAt],
    ['Deployment', deployment.id],
  ];
  return layout(
    `Deploy ${tag} to ${environment}/${service}?`,
    markup`<dl>${facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<form method="post">
<label>Comment <textarea name="comment" rows="3" maxlength="${String(LONGEST_COMMENT)}"></textarea></label>
<button name="verdict" value="approve">Approve</button>
<button name="verdict" value="reject">Reject</button>
</form>`,
  );
}

/** The result of an answer. */
export function answerPage({ phase, environment, service, tag }: Deployment): Markup {
  const what = `${tag} in ${environment}/${service}`;
  if (phase === 'rejected') return messagePage('Rejected', `${what} will not be deployed.`);
  const isFree = phase !== 'waiting';
  const next = isFree
    ? 'has every approval that it needs.'
    : 'waits for more people to approve it.';
  return messagePage('Approved', `The deployment of ${what} ${next}`);
}

/** A page with nothing but a message. */
export function messagePage(title: string, message: string): Markup {
  return layout(title, markup`<p>${message}</p>`);
}

function describeTrigger({ kind, by }: Trigger): string {
  if (kind === 'api') return `manually by ${by}`;
  if (kind === 'promotion') return `by a promotion from ${by}`;
  return kind === 'rollback' ? `as a rollback by ${by}` : `by the ${kind} ${by}`;
}

function layout(title: string, content: Markup): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${content}
</body>
</html>
`;
}
