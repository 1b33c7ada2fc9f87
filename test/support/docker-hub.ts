/** What varies between two pushes that Docker Hub tells of. */
export interface DockerHubPush {
  /** `namespace/name`. */
  readonly repository: string;
  readonly tag: string;
  /** Unix seconds. */
  readonly pushedAt?: number;
}

/** A webhook body in the shape that Docker Hub sends. */
export function aDockerHubPush({ repository, tag, pushedAt }: DockerHubPush): object {
  const [namespace = '', name = ''] = repository.split('/');
  return {
    push_data: {
      pushed_at: pushedAt ?? Math.floor(Date.now() / 1_000),
      pusher: namespace,
      tag,
      images: null,
      media_type: 'application/vnd.docker.container.image.v1+json',
    },
    // Legacy of Docker Hub; nobody answers there, and nobody may ask.
    callback_url: `https://hub.example/u/${repository}/hook/1/`,
    repository: {
      status: 'Active',
      namespace,
      name,
      repo_name: repository,
      repo_url: `https://hub.example/r/${repository}`,
      description: '',
      full_description: null,
      is_official: false,
      is_private: true,
      is_trusted: false,
      star_count: 0,
      comment_count: 0,
      date_created: 1_700_000_000,
      owner: namespace,
    },
  };
}
