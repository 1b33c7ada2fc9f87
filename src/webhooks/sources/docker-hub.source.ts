import { isTag, parseImageReference, repositoryOf } from '../../domain/image/image-reference.js';
import { DeployError } from '../../domain/errors.js';
import type { Webhook } from '../../domain/settings/environment.js';
import { ownField } from './own-field.js';
import { hasPathSecret } from './path-secret.js';
import type { Message, ParsedBody, Presented, Source } from './source.js';

const CHART_MEDIA_TYPE = /\b(?:helm|cnab)\b/i;
/** Tags that hold signatures, attestations and SBOMs: `sha256-<64 hex>[.sig …]`. */
const ARTIFACT_TAG = /^sha256-[0-9a-f]{64}(?:\.[a-z0-9]+)?$/;

/**
 * Docker Hub, which can only be given a URL and sends neither an id nor a digest. Of the body
 * `repository.repo_name` and `push_data.tag` count; the other fields are read only to see whether they
 * contradict those. The types of unused fields are not checked: Docker Hub itself varies them.
 */
export const dockerHub = {
  addresses: ['secret-in-path'],

  authenticate: (presented: Presented) => Promise.resolve(hasPathSecret(presented)),

  deliveryId: () => null,

  read: ({ json }: Pick<Message, 'json'>, { registry }: Pick<Webhook, 'registry'>) =>
    readBody(json, registry),
} as const satisfies Source;

function readBody(body: unknown, registry: string): ParsedBody {
  const repository = ownField(body, 'repository');
  const push = ownField(body, 'push_data');
  const name = ownField(repository, 'repo_name');
  const tag = ownField(push, 'tag');
  if (typeof name !== 'string' || name === '') return { ignored: 'it has no repository.repo_name' };
  if (typeof tag !== 'string' || tag === '') return { ignored: 'it has no push_data.tag' };
  if (contradicts(repository, name)) {
    return { ignored: 'repository.namespace and repository.name do not agree with repo_name' };
  }
  const mediaType = ownField(push, 'media_type');
  if (typeof mediaType === 'string' && CHART_MEDIA_TYPE.test(mediaType)) {
    return { ignored: 'it is a chart, not a container image' };
  }
  if (!isTag(tag)) return { ignored: 'push_data.tag is not a tag' };
  if (ARTIFACT_TAG.test(tag)) return { ignored: 'it is a signature or attestation, not an image' };
  return pushOf(name, tag, registry);
}

function pushOf(name: string, tag: string, registry: string): ParsedBody {
  try {
    // Behind our registry the name cannot choose another one: `evil.example/x` becomes a path there.
    const reference = parseImageReference(`${registry}/${name}`);
    if (reference.tag !== null || reference.digest !== null || reference.domain !== registry) {
      return { ignored: 'repository.repo_name is not a repository' };
    }
    return { pushes: [{ repository: repositoryOf(reference), tag, digest: null }] };
  } catch (error) {
    if (error instanceof DeployError)
      return { ignored: 'repository.repo_name is not a repository' };
    throw error;
  }
}

function contradicts(repository: unknown, repoName: string): boolean {
  const slash = repoName.indexOf('/');
  const namespace = slash < 0 ? 'library' : repoName.slice(0, slash);
  const name = repoName.slice(slash + 1);
  const stated = (field: string, expected: string): boolean => {
    const value = ownField(repository, field);
    return typeof value !== 'string' || value === '' || value === expected;
  };
  return !stated('namespace', namespace) || !stated('name', name);
}
