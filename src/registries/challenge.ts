/** A way to authenticate that a registry offers (RFC 9110 section 11.6.1; distribution's token specification). */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | null };

/** Schemes and parameter names are tokens, values are tokens or quoted strings. */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const SEPARATOR = /[\s,]*/y;

/**
 * Reads every challenge of `WWW-Authenticate` that we can answer, in the registry's order. Quoted values may
 * contain commas and spaces; several challenges may share one header or have one each. Parsing stops at the
 * first syntax error: a half-understood challenge is not answered.
 */
export function parseChallenges(
  header: string | readonly string[] | undefined,
): readonly Challenge[] {
  const headers = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return headers.flatMap((one) => readSchemes(one).flatMap(challengeOf));
}

interface Scheme {
  readonly name: string;
  readonly parameters: Map<string, string>;
}

function readSchemes(text: string): readonly Scheme[] {
  const schemes: Scheme[] = [];
  let position = skip(text, 0);
  while (position < text.length) {
    const parameter = matchAt(PARAMETER, text, position);
    if (parameter !== null) {
      const [whole, name = '', quoted, plain] = parameter;
      const value = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
      schemes.at(-1)?.parameters.set(name.toLowerCase(), value);
      position = skip(text, position + whole.length);
      continue;
    }
    const scheme = matchAt(TOKEN, text, position);
    if (scheme === null) break;
    schemes.push({ name: scheme[0].toLowerCase(), parameters: new Map() });
    position = skip(text, position + scheme[0].length);
  }
  return schemes;
}

function challengeOf({ name, parameters }: Scheme): readonly Challenge[] {
  if (name === 'basic') return [{ kind: 'basic' }];
  const realm = parameters.get('realm');
  if (name !== 'bearer' || realm === undefined || realm === '') return [];
  return [{ kind: 'bearer', realm, service: parameters.get('service') ?? null }];
}

function skip(text: string, position: number): number {
  return position + (matchAt(SEPARATOR, text, position)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
