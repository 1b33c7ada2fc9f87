import { Injectable } from '@nestjs/common';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type { ImageInspection } from '../../../docker/inspection/inspection.js';
import { DeployError, messageOf, type ErrorCode } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { RegistryCredentials } from '../../../registries/registry-credentials.js';
import { isEngineGone } from '../health/health-watch.js';

/** A pull that makes no progress for this long is abandoned, in milliseconds. */
const STALL_MS = 120_000;
/** How long a pull may take in total, in milliseconds. */
const LONGEST_MS = 3_600_000;

/** Brings the wanted image to the engine, by its digest. */
@Injectable()
export class ImagePuller {
  constructor(private readonly credentials: RegistryCredentials) {}

  /**
   * Pulls `repository@digest`, unless the engine holds it already, and returns the image's id.
   * @param old The old container's image, for its platform.
   * @throws DeployError `pull-failed`, `disk-full` or `registry-auth`; EngineError if the engine went away.
   */
  async pull(
    engine: EngineClient,
    intent: RolloutIntent,
    old: ImageInspection | null,
    signal: AbortSignal,
  ): Promise<string> {
    const reference = `${intent.repository}@${intent.digest}`;
    const present = await engine.image(reference);
    if (present !== null) return present.Id;
    try {
      const image = await engine.pull(intent.repository, intent.digest, {
        credentials: await this.credentials.forEngine(intent.repository),
        platform: foreignPlatform(old, await engine.facts()),
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
        stallMs: STALL_MS,
      });
      return image.Id;
    } catch (error) {
      signal.throwIfAborted();
      if (isEngineGone(error)) throw error;
      if (error instanceof DeployError && !(error instanceof EngineError)) throw error;
      const message = messageOf(error);
      throw new DeployError(pullCode(error, message), `cannot pull ${reference}: ${message}`, {
        cause: error,
      });
    }
  }
}

function pullCode(error: unknown, message: string): ErrorCode {
  if (/no space left on device/i.test(message)) return 'disk-full';
  const isRefused = error instanceof EngineError && error.statusCode === 401;
  if (isRefused || /unauthorized|authentication required|access denied|denied:/i.test(message)) {
    return 'registry-auth';
  }
  return 'pull-failed';
}

/** The old image's platform if it differs from the engine's, e.g. `linux/arm64`. */
function foreignPlatform(
  old: ImageInspection | null,
  engine: { readonly os: string; readonly architecture: string },
): string | null {
  if (old?.Os === undefined || old.Architecture === undefined) return null;
  if (old.Os === engine.os && old.Architecture === engine.architecture) return null;
  return [old.Os, old.Architecture, old.Variant].filter(Boolean).join('/');
}
