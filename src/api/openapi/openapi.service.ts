import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Injectable, type INestApplication } from '@nestjs/common';
import { DeployError } from '../../domain/errors.js';

/** The files of Swagger UI that the page needs; no others are served. */
const FILES = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
]);

/** Creates the OpenAPI document on the first request, and locates the files of its page. */
@Injectable()
export class OpenApiService {
  #application: INestApplication | null = null;
  #document: Promise<string> | null = null;

  /** Sets the application whose routes the document describes. */
  describes(application: INestApplication): void {
    this.#application = application;
  }

  /** The document as JSON. */
  document(): Promise<string> {
    this.#document ??= this.make();
    return this.#document;
  }

  /**
   * The path of a file of the page.
   * @throws DeployError `not-found` for any other file.
   */
  pageFile(name: string): string {
    if (!FILES.has(name)) throw new DeployError('not-found', 'there is no such file');
    const require = createRequire(import.meta.url);
    // Swagger UI is a dependency of @nestjs/swagger, so it is resolved from there.
    const fromSwagger = createRequire(require.resolve('@nestjs/swagger'));
    return join(dirname(fromSwagger.resolve('swagger-ui-dist/package.json')), name);
  }

  private async make(): Promise<string> {
    if (this.#application === null) throw new Error('no application has been set');
    const { openApiDocument } = await import('./openapi-document.js');
    return JSON.stringify(openApiDocument(this.#application));
  }
}
