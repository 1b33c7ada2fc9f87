import { ValidateBy, type ValidationArguments } from 'class-validator';
import { parseImageReference } from '../domain/image/image-reference.js';
import { DeployError } from '../domain/errors.js';
import { DURATION_FORMS, parseDuration } from '../domain/duration.js';
import { LISTEN_FORMS, parseListenAddress } from './listen-address.js';
import { alternatives, shown } from './shown.js';

/** What names may be, for messages. */
export const NAME_RULE =
  'a name: 1 to 63 of A-Z a-z 0-9 _ . - and the first of them a letter or digit';

/** Whether `text` may name an environment, service, engine, webhook or token. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text);
}

/** One of `NAME_RULE`. */
export function IsName(): PropertyDecorator {
  return leafRule(
    'isName',
    (value) => typeof value === 'string' && isName(value),
    wants(NAME_RULE),
  );
}

/** A duration of at least `fromMs` and at most `toMs` milliseconds. */
export function IsDuration(fromMs: number, toMs: number, range: string): PropertyDecorator {
  const holds = (value: unknown): boolean => {
    const milliseconds = typeof value === 'string' ? parseDuration(value) : null;
    return milliseconds !== null && milliseconds >= fromMs && milliseconds <= toMs;
  };
  return leafRule('isDuration', holds, wants(`a duration ${range}; write e.g. ${DURATION_FORMS}`));
}

/** Those that end or stop a process for sure are no way to tell it to finish. */
const SIGNALS = 'HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP TTIN TTOU URG WINCH IO PWR'.split(' ');

/** Name of a signal that a program can take note of, e.g. `SIGUSR1`. */
export function IsSignal(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    (SIGNALS.some((name) => value === `SIG${name}`) ||
      /^SIGRTM(IN(\+([1-9]|1[0-5]))?|AX(-([1-9]|1[0-4]))?)$/.test(value));
  const known = SIGNALS.map((name) => `SIG${name}`).join(', ');
  return leafRule(
    'isSignal',
    holds,
    wants(`a signal that a program can take note of; write one of ${known}, SIGRTMIN+1 …`),
  );
}

/** A whole number from `from` to `to`. */
export function IsWholeNumber(from: number, to: number, what: string): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
  return leafRule('isWholeNumber', holds, wants(`${what} from ${String(from)} to ${String(to)}`));
}

/** One of `now`; those of `later` are known and refused as not supported yet. */
export function IsOneOf(
  now: readonly (string | boolean)[],
  later: readonly (string | boolean)[] = [],
): PropertyDecorator {
  const holds = (value: unknown): boolean => now.some((each) => each === value);
  return leafRule('isOneOf', holds, (value) =>
    later.some((each) => each === value)
      ? `${shown(value)} is not supported yet; now there is ${alternatives(now)}`
      : `${shown(value)} is not known here; write ${alternatives([...now, ...later])}`,
  );
}

/** `host:port`. */
export function IsListenAddress(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && parseListenAddress(value) !== null;
  return leafRule('isListenAddress', holds, wants(LISTEN_FORMS));
}

/** An address of a web site, without user name, password, query and fragment. The message shows no value. */
export function IsPublicUrl(): PropertyDecorator {
  return leafRule(
    'isPublicUrl',
    (value) => typeof value === 'string' && isPublicUrl(value),
    () =>
      'is not a public address; write e.g. https://deploy.example.com (http or https, no user name, ' +
      'password, ? or #)',
  );
}

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '' && !/[?#\s]/.test(text);
}

/** What Docker takes for the name of a container, but for those that Deploy gives to its own. */
export function IsContainerName(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value) &&
    !/\.deploy-(new|old|failed|twin|hook)$/.test(value);
  return leafRule('isContainerName', holds, (value) => {
    const text = String(value);
    if (text.startsWith('/')) return `${shown(text)} begins with a slash; leave the slash out`;
    if (text.includes('.deploy-')) {
      return `${shown(text)} is a name that Deploy gives to containers of its own; name the service's own`;
    }
    return `${shown(text)} is not a container name: at least two of A-Z a-z 0-9 _ . - and the first of them a letter or digit`;
  });
}

/** A repository, without tag and digest. */
export function IsRepository(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && repositoryProblem(value) === null;
  return leafRule('isRepository', holds, (value) => repositoryProblem(String(value)) ?? '');
}

function repositoryProblem(text: string): string | null {
  try {
    const { tag, digest } = parseImageReference(text);
    if (digest !== null) return `${shown(text)} names a digest; write the repository alone`;
    if (tag !== null)
      return `${shown(text)} names a tag; write the repository here and ${shown(tag)} at tag`;
    return null;
  } catch (error) {
    if (error instanceof DeployError)
      return `${error.message}; write e.g. acme/web or ghcr.io/acme/web`;
    throw error;
  }
}

/** The path of a request: begins with a slash and holds neither blanks nor a fragment. */
export function IsRequestPath(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && /^\/[\x21-\x22\x24-\x7e]*$/.test(value);
  return leafRule('isRequestPath', holds, wants('a path such as /healthz'));
}

/** A text that is not empty, without control characters. The message shows no value. */
export function IsFilled(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
  return leafRule('isFilled', holds, () => 'is empty or holds a line break or control character');
}

/** The message of a rule that wants something else. */
export function wants(what: string): (value: unknown) => string {
  return (value) => `${shown(value)} is not ${what}`;
}

/** A rule for one value of the file. */
export function leafRule(
  name: string,
  holds: (value: unknown) => boolean,
  message: (value: unknown) => string,
): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: holds,
      defaultMessage: (given?: ValidationArguments) => message(given?.value),
    },
  });
}
