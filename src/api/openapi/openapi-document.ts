import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Operation } from './openapi-operation.js';
import { OPERATIONS } from './openapi-operations.js';
import { ref, type Schema } from './openapi-schema.js';
import { SCHEMAS } from './openapi-schemas.js';
import { PROBLEM_MEDIA_TYPE } from '../../http/problem.js';

/** The catch-all route for unknown addresses, as the scanner writes it. */
const UNKNOWN = '/{path}';
const SECURITY = 'token';
const METHODS = ['get', 'post', 'put', 'delete', 'patch'] as const;
/** Problems that every route may answer. */
const COMMON_PROBLEMS = [429, 500, 503];
/** Problems that every route that requires a token may answer. */
const TOKEN_PROBLEMS = [401, 403];

/**
 * The OpenAPI 3.1 document. The routes come from the application, their descriptions from `OPERATIONS`.
 * Imported on the first request for it: @nestjs/swagger alone takes 20 MB.
 */
export function openApiDocument(application: INestApplication): OpenAPIObject {
  const information = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Deploy')
    .setDescription('Deploys the images that are pushed to a registry.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, SECURITY)
    .build();
  const scanned = SwaggerModule.createDocument(application, information);
  const paths = Object.entries(scanned.paths)
    .filter(([path]) => path !== UNKNOWN)
    .map(([path, item]) => [path, described(path, Object.keys(item))] as const);
  const components = { ...scanned.components, schemas: SCHEMAS };
  return { ...scanned, paths: Object.fromEntries(paths), components };
}

function described(path: string, keys: readonly string[]): Record<string, Schema> {
  const methods = METHODS.filter((method) => keys.includes(method));
  return Object.fromEntries(
    methods.map((method) => [method, operationObject(path, method.toUpperCase())]),
  );
}

/** @throws Error for a route that is not in `OPERATIONS`. */
function operationObject(path: string, method: string): Schema {
  const operation = OPERATIONS[`${method} ${path}`];
  if (operation === undefined) throw new Error(`${method} ${path} is not in OPERATIONS`);
  const { id, summary, access, body, bodyType = 'application/json', answers } = operation;
  return {
    operationId: id,
    summary,
    tags: [path.split('/').find((part) => !['', 'api', 'v1'].includes(part)) ?? 'other'],
    ...(access === 'public' ? { security: [] } : { description: `Requires the role ${access}.` }),
    ...(access === 'public' ? {} : { security: [{ [SECURITY]: [] }] }),
    parameters: parametersOf(path, operation),
    ...(body === undefined
      ? {}
      : { requestBody: { required: false, content: { [bodyType]: { schema: body } } } }),
    responses: { ...problemsOf(operation), ...responsesOf(answers) },
  };
}

function parametersOf(path: string, { query = {}, headers = {} }: Operation): readonly Schema[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...Object.entries(headers).map(([name, schema]) => ({ name, in: 'header', schema })),
  ];
}

function responsesOf(answers: Operation['answers']): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, content }]) => [
      status,
      { description, content: contentOf(content) },
    ]),
  );
}

function contentOf(content: Readonly<Record<string, Schema>>): Schema {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

function problemsOf({ access, problems = [] }: Operation): Record<string, Schema> {
  const forToken = access === 'public' ? [] : TOKEN_PROBLEMS;
  const statuses = [...new Set([...COMMON_PROBLEMS, ...forToken, ...problems])].toSorted();
  const content = { [PROBLEM_MEDIA_TYPE]: { schema: ref('Problem') } };
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      { description: STATUS_CODES[status] ?? 'Error', content },
    ]),
  );
}
