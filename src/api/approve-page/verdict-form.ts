import { urlencoded } from 'express';
import type { Request, Response } from 'express';
import { DeployError } from '../../domain/errors.js';
import type { Verdict } from '../../deployments/actions/approve-links.js';

/** The content of the page's form. */
export interface VerdictForm {
  readonly verdict: Verdict;
  readonly comment?: string;
}

/** In UTF-16 code units, as everywhere in the API. */
export const LONGEST_COMMENT = 1000;
const FORM = 'application/x-www-form-urlencoded';
/** Enough for the longest comment in any script: a code unit takes at most nine bytes in a form. */
const LARGEST_BODY = '10kb';

const parse = urlencoded({
  extended: false,
  inflate: false,
  limit: LARGEST_BODY,
  parameterLimit: 10,
  type: FORM,
});

/** @throws DeployError `unsupported-media-type`, `too-large`, `invalid`. */
export async function readVerdict(request: Request, response: Response): Promise<VerdictForm> {
  if (request.is(FORM) === false) {
    throw new DeployError('unsupported-media-type', `the body must be Content-Type: ${FORM}`);
  }
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error: unknown) => {
      if (error === undefined) resolve();
      else reject(formError(error));
    });
  });
  const { verdict, comment = '' } = (request.body ?? {}) as Record<string, unknown>;
  if (verdict !== 'approve' && verdict !== 'reject') {
    throw new DeployError('invalid', 'verdict must be approve or reject');
  }
  // Forms send line breaks as CRLF, which browsers count as one character.
  const text = typeof comment === 'string' ? comment.replaceAll('\r\n', '\n').trim() : null;
  if (text === null || text.length > LONGEST_COMMENT) {
    const most = String(LONGEST_COMMENT);
    throw new DeployError('invalid', `comment must be a string of at most ${most} characters`);
  }
  return { verdict, ...(text === '' ? {} : { comment: text }) };
}

/** The error of express.urlencoded(), without any of the body. */
function formError(error: unknown): unknown {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  if (status === 413) return new DeployError('too-large', 'the form is too large');
  if (status === 415) return new DeployError('unsupported-media-type', 'the form must be UTF-8');
  return status === 400 ? new DeployError('invalid', 'the form cannot be read') : error;
}
