import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Injectable, type INestApplication } from '@nestjs/common';
import { DeployError } from '../../domain/errors.js';

/** Files of Swagger UI that the page needs; nothing else of it is served. */
const FILES = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
]);

/** Makes the OpenAPI document, and finds the files of its page, when somebody first asks. */
@Injectable()
export class OpenApiService {
  #application: INestApplication | null = null;
  #document: Promise<string> | null = null;

  /** The document describes the routes of this application. */
  describes(application: INestApplication): void {
    this.#application = application;
  }

  /** The document as JSON. */
  document(): Promise<string> {
    this.#document ??= this.#make();
    return this.#document;
  }

  /**
   * Where a file of the page lies.
   * @throws DeployError `not-found` for any other file.
   */
  pageFile(name: string): string {
    if (!FILES.has(name)) throw new DeployError('not-found', 'there is no such file');
    const require = createRequire(import.meta.url);
    // Swagger UI comes with @nestjs/swagger, so it is looked for from there.
    const fromSwagger = createRequire(require.resolve('@nestjs/swagger'));
    return join(dirname(fromSwagger.resolve('swagger-ui-dist/package.json')), name);
  }

  async #make(): Promise<string> {
    if (this.#application === null) throw new Error('no application was named');
    const { openApiDocument } = await import('./openapi-document.js');
    return JSON.stringify(openApiDocument(this.#application));
  }
}
