import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DeployError, type ErrorCode } from '../../domain/errors.js';
import { messagePage, sendPage } from './approve-page.js';

interface ErrorPage {
  readonly status: number;
  readonly title: string;
}

const FAILED = 'That did not work';
const NOTHING_TO_DECIDE = 'There is nothing left to decide';
/** The errors that a link may cause. Any other is a bug. */
const ERROR_PAGES: Readonly<Partial<Record<ErrorCode, ErrorPage>>> = {
  'not-found': { status: 404, title: 'Not a valid link' },
  gone: { status: 410, title: 'This link is no longer valid' },
  'wrong-phase': { status: 409, title: NOTHING_TO_DECIDE },
  // The link was valid when it was made; since then the approvers have changed.
  forbidden: { status: 409, title: NOTHING_TO_DECIDE },
  invalid: { status: 400, title: FAILED },
  'too-large': { status: 413, title: FAILED },
  'unsupported-media-type': { status: 415, title: FAILED },
  throttled: { status: 429, title: FAILED },
  'storage-unavailable': { status: 503, title: FAILED },
};
const RETRY_AFTER_MS = 5_000;

/** Shows errors of approve links as pages. */
@Catch(DeployError)
export class PageFilter implements ExceptionFilter<DeployError> {
  readonly #logger = new Logger(PageFilter.name);

  catch(error: DeployError, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const page = ERROR_PAGES[error.code];
    if (page === undefined) {
      this.#logger.error({ msg: 'an approve link failed unexpectedly', err: error });
    }
    if (request.socket.destroyed || response.destroyed) return;
    if (response.headersSent) return void response.destroy();
    if (page?.status === 429 || page?.status === 503) {
      const seconds = Math.ceil((error.retryAfterMs ?? RETRY_AFTER_MS) / 1000);
      response.setHeader('Retry-After', String(Math.max(1, seconds)));
    }
    const message = page === undefined ? 'An internal error occurred.' : sentence(error.message);
    sendPage(response, page?.status ?? 500, messagePage(page?.title ?? FAILED, message));
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
