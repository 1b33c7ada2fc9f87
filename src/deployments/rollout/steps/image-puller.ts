import { Injectable } from '@nestjs/common';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type { ImageInspection } from '../../../docker/inspection/inspection.js';
import { DeployError, messageOf, type ErrorCode } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { RegistryCredentials } from '../../../registries/registry-credentials.js';
import { isEngineGone } from '../health/health-watch.js';

/** Gives up on a pull that makes no progress for so long, in milliseconds. */
const STALL_MS = 120_000;
/** The longest that a pull may take in all, in milliseconds. */
const LONGEST_MS = 3_600_000;

/** Brings the wanted image to the engine, by its digest. */
@Injectable()
export class ImagePuller {
  constructor(private readonly credentials: RegistryCredentials) {}

  /**
   * Pulls `repository@digest`, where the engine does not hold it already, and returns the image's id.
   * @param old The image whose platform is wanted.
   * @throws DeployError `pull-failed`, `disk-full` or `registry-auth`; EngineError where the engine went away.
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
      const words = messageOf(error);
      throw new DeployError(pullCode(error, words), `cannot pull ${reference}: ${words}`, {
        cause: error,
      });
    }
  }
}

function pullCode(error: unknown, words: string): ErrorCode {
  if (/no space left on device/i.test(words)) return 'disk-full';
  const isRefused = error instanceof EngineError && error.statusCode === 401;
  if (isRefused || /unauthorized|authentication required|access denied|denied:/i.test(words)) {
    return 'registry-auth';
  }
  return 'pull-failed';
}

/** The old image's platform where it is not the engine's own, e.g. `linux/arm64`. */
function foreignPlatform(
  old: ImageInspection | null,
  engine: { readonly os: string; readonly architecture: string },
): string | null {
  if (old?.Os === undefined || old.Architecture === undefined) return null;
  if (old.Os === engine.os && old.Architecture === engine.architecture) return null;
  return [old.Os, old.Architecture, old.Variant].filter(Boolean).join('/');
}
