import type { ContainerConfig, HealthCheck } from '../inspection/inspection.js';

/**
 * What an engine stores for a create request: the request merged with its image, field by field, as engines have done
 * since 1.12 (checked against 20.10). Lets tests replace a container several times without an engine.
 */
export function mergedConfig(request: ContainerConfig, image: ContainerConfig): ContainerConfig {
  const entrypoint = request.Entrypoint ?? null;
  const hasEntrypoint = (entrypoint ?? []).length > 0;
  const hasCommand = (request.Cmd ?? []).length > 0;
  const merged = {
    ...request,
    User: request.User || image.User || '',
    WorkingDir: request.WorkingDir || image.WorkingDir || '',
    StopSignal: request.StopSignal || image.StopSignal || '',
    Env: mergedEnvironment(request.Env ?? [], image.Env ?? []),
    Labels: { ...image.Labels, ...request.Labels },
    ExposedPorts: { ...image.ExposedPorts, ...request.ExposedPorts },
    Volumes: { ...image.Volumes, ...request.Volumes },
    Cmd: hasEntrypoint || hasCommand ? (request.Cmd ?? null) : (image.Cmd ?? null),
    Entrypoint: entrypoint ?? image.Entrypoint ?? null,
    Healthcheck: mergedHealthCheck(request.Healthcheck ?? null, image.Healthcheck ?? null),
  };
  const isCleared = merged.Entrypoint?.length === 1 && merged.Entrypoint[0] === '';
  return isCleared ? { ...merged, Entrypoint: null } : merged;
}

function mergedEnvironment(request: readonly string[], image: readonly string[]): string[] {
  const named = request.map((entry) => entry.split('=')[0]);
  return [...request, ...image.filter((entry) => !named.includes(entry.split('=')[0]))];
}

function mergedHealthCheck(
  request: HealthCheck | null,
  image: HealthCheck | null,
): HealthCheck | null {
  if (request === null || image === null) return request ?? image;
  return {
    Test: (request.Test ?? []).length > 0 ? (request.Test ?? []) : (image.Test ?? []),
    Interval: request.Interval || image.Interval || 0,
    Timeout: request.Timeout || image.Timeout || 0,
    StartPeriod: request.StartPeriod || image.StartPeriod || 0,
    StartInterval: request.StartInterval || image.StartInterval || 0,
    Retries: request.Retries || image.Retries || 0,
  };
}
