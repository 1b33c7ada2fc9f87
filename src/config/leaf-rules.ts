import { ValidateBy, type ValidationArguments } from 'class-validator';
import { parseImageReference } from '../domain/image/image-reference.js';
import { DeployError } from '../domain/errors.js';
import { DURATION_FORMS, parseDuration } from '../domain/duration.js';
import { LISTEN_FORMS, parseListenAddress } from './listen-address.js';
import { alternatives, shown } from './shown.js';

/** The rule for names, for messages. */
export const NAME_RULE =
  'a valid name; use 1 to 63 characters from A-Z a-z 0-9 _ . -, beginning with a letter or digit';

/** Whether `text` may name an environment, service, engine, webhook or token. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text);
}

/** A name as `NAME_RULE` describes it. */
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

/** Without SIGKILL and SIGSTOP: a process cannot handle them, so they cannot ask it to finish. */
const SIGNALS = 'HUP INT QUIT USR1 USR2 ALRM TERM CONT TSTP TTIN TTOU URG WINCH IO PWR'.split(' ');

/** Name of a signal that a process can handle, e.g. `SIGUSR1`. */
export function IsSignal(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    (SIGNALS.some((name) => value === `SIG${name}`) ||
      /^SIGRTM(IN(\+([1-9]|1[0-5]))?|AX(-([1-9]|1[0-4]))?)$/.test(value));
  const known = SIGNALS.map((name) => `SIG${name}`).join(', ');
  return leafRule(
    'isSignal',
    holds,
    wants(`a signal that a process can handle; write one of ${known}, SIGRTMIN+1 …`),
  );
}

/** A whole number from `from` to `to`. */
export function IsWholeNumber(from: number, to: number, what: string): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
  return leafRule(
    'isWholeNumber',
    holds,
    wants(`${what} from ${String(from)} to ${String(to)}; write a whole number without quotes`),
  );
}

/** One of `now`. Values of `later` are refused as not supported yet. */
export function IsOneOf(
  now: readonly (string | boolean)[],
  later: readonly (string | boolean)[] = [],
): PropertyDecorator {
  const holds = (value: unknown): boolean => now.some((each) => each === value);
  return leafRule('isOneOf', holds, (value) =>
    later.some((each) => each === value)
      ? `${shown(value)} is not supported yet; write ${alternatives(now)}`
      : `${shown(value)} is not allowed here; write ${alternatives([...now, ...later])}`,
  );
}

/** `host:port`. */
export function IsListenAddress(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && parseListenAddress(value) !== null;
  return leafRule('isListenAddress', holds, wants(LISTEN_FORMS));
}

/** An http or https URL without user name, password, query and fragment. The message does not show the value. */
export function IsPublicUrl(): PropertyDecorator {
  return leafRule(
    'isPublicUrl',
    (value) => typeof value === 'string' && isPublicUrl(value),
    () =>
      'is not a public URL; write e.g. https://deploy.example.com (http or https; no user name, ' +
      'password, ? or #)',
  );
}

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '' && !/[?#\s]/.test(text);
}

/** A container name that Docker accepts, except the names that Deploy gives to its temporary containers. */
export function IsContainerName(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value) &&
    !/\.deploy-(new|old|failed|twin|hook)$/.test(value);
  return leafRule('isContainerName', holds, (value) => {
    const text = String(value);
    if (text.startsWith('/')) return `${shown(text)} begins with a slash; remove the slash`;
    if (text.includes('.deploy-')) {
      return `${shown(text)} is a name reserved for Deploy's temporary containers; write the name of the service's own container`;
    }
    return `${shown(text)} is not a valid container name; use at least two characters from A-Z a-z 0-9 _ . -, beginning with a letter or digit`;
  });
}

/** A repository without tag or digest. */
export function IsRepository(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && repositoryProblem(value) === null;
  return leafRule('isRepository', holds, (value) => repositoryProblem(String(value)) ?? '');
}

function repositoryProblem(text: string): string | null {
  try {
    const { tag, digest } = parseImageReference(text);
    if (digest !== null) return `${shown(text)} includes a digest; write only the repository`;
    if (tag !== null)
      return `${shown(text)} includes a tag; write only the repository here, and ${shown(tag)} under tag`;
    return null;
  } catch (error) {
    if (error instanceof DeployError)
      return `${error.message}; write e.g. acme/web or ghcr.io/acme/web`;
    throw error;
  }
}

/** A request path: begins with a slash and contains neither spaces nor a fragment. */
export function IsRequestPath(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && /^\/[\x21-\x22\x24-\x7e]*$/.test(value);
  return leafRule('isRequestPath', holds, wants('a request path; write e.g. /healthz'));
}

/** A non-empty string without control characters. The message does not show the value. */
export function IsFilled(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
  return leafRule(
    'isFilled',
    holds,
    () => 'must not be empty or contain line breaks or other control characters',
  );
}

/** The message of a rule: the value is not what is wanted. */
export function wants(what: string): (value: unknown) => string {
  return (value) => `${shown(value)} is not ${what}`;
}

/** Makes a decorator that validates one value of the file. */
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
