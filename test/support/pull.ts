import type Docker from 'dockerode';

/**
 * Pulls and waits for the end.
 * @throws Error with the engine's own message, which `followProgress` alone would not report
 */
export async function pull(
  docker: Docker,
  reference: string,
  authconfig?: { username: string; password: string; serveraddress: string },
): Promise<void> {
  const options = authconfig === undefined ? {} : { authconfig };
  const stream = await docker.pull(reference, options);
  const lines = await new Promise<readonly { error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, all: readonly { error?: string }[]) => {
      if (error === null) resolve(all);
      else reject(error);
    });
  });
  const failure = lines.find((line) => line.error !== undefined);
  if (failure !== undefined) throw new Error(`Pull of ${reference}: ${failure.error}`);
}
