import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { DeployError } from '../domain/errors.js';
import { InvalidInput } from './invalid-input.js';
import {
  PROBLEM_MEDIA_TYPE,
  internalProblem,
  problemOf,
  problemOfError,
  type Problem,
} from './problem.js';
import { redactedPath } from './redacted-path.js';

/** For errors that do not specify when to retry. */
const RETRY_AFTER_MS = 5_000;

/**
 * Turns whatever was thrown into a problem answer. An unexpected error is logged in full and answered
 * `internal`: its message must not leave the server.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = this.problemFor(error);
    if (request.socket.destroyed || response.destroyed) {
      this.noteGone(request, error);
      return;
    }
    if (problem.status === 500) this.note(request, error);
    if (response.headersSent) return void response.destroy();
    this.setHeaders(response, problem, error);
    response.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  }

  protected problemFor(error: unknown): Problem {
    if (error instanceof InvalidInput) return problemOfError(error, error.errors);
    if (error instanceof DeployError) return problemOfError(error);
    if (error instanceof HttpException) return this.problemOfFramework(error.getStatus());
    return internalProblem();
  }

  /** Errors of Nest, Express and its body parser. Their messages are not used: they may repeat the address. */
  protected problemOfFramework(status: number): Problem {
    if (status === 404) return problemOf('not-found', 'there is nothing at this address');
    if (status === 413) return problemOf('too-large', 'the body is too large');
    if (status === 415)
      return problemOf('unsupported-media-type', 'the body must be JSON in UTF-8');
    if (status >= 400 && status < 500) return problemOf('invalid', 'the request is malformed');
    return internalProblem();
  }

  protected setHeaders(response: Response, problem: Problem, error: unknown): void {
    if (problem.status === 429 || problem.status === 503) {
      const wanted = error instanceof DeployError ? error.retryAfterMs : null;
      const seconds = Math.max(1, Math.ceil((wanted ?? RETRY_AFTER_MS) / 1000));
      response.setHeader('Retry-After', String(seconds));
    }
    // Do not wait for the rest of a body that is already late.
    if (problem.status === 408) response.setHeader('Connection', 'close');
  }

  protected note(request: Request, error: unknown): void {
    const where = `${request.method} ${redactedPath(request.originalUrl)}`;
    this.#logger.error({ msg: `unexpected error: ${where}`, err: error });
  }

  protected noteGone(request: Request, error: unknown): void {
    if (error instanceof DeployError || error instanceof HttpException) return;
    const where = `${request.method} ${redactedPath(request.originalUrl)}`;
    this.#logger.debug({ msg: `the client disconnected: ${where}`, err: error });
  }
}
