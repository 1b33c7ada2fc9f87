import type { ContainerConfig } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';
import { commandOf } from './command.js';
import { cleanPath } from './container-path.js';
import { declaredVolumesOf, exposedPortsOf } from './declarations.js';
import { definedFields, isSameList, unlessEmpty } from './defined-fields.js';
import { userEnvironment } from './environment-variables.js';
import { healthCheckOf } from './health-check.js';
import { domainNameOf, hostNameOf } from './host-name.js';
import { labelsOf } from './labels.js';
import type { ReplacementInput } from './replacement-input.js';

/**
 * Copies `Config` except for the fields named here. Fields that an image can set as well are sent only if they differ
 * from the OLD image, so that the NEW image's values apply to the rest.
 */
export function configOf(input: ReplacementInput): Record<string, unknown> {
  const { container, apiVersion } = input;
  const own = container.Config;
  const image = input.oldImage === null ? null : (input.oldImage.Config ?? {});
  return definedFields({
    ...own,
    Image: input.image,
    Hostname: hostNameOf(container, input.engine.hostName),
    Domainname: domainNameOf(container),
    User: differing(own.User, image?.User),
    WorkingDir: workingDirectoryOf(own, image),
    StopSignal: differing(own.StopSignal, image?.StopSignal),
    Shell: isSameList(own.Shell, image?.Shell) ? undefined : own.Shell,
    Env: unlessEmpty(userEnvironment(own.Env ?? [], image?.Env ?? [])),
    Entrypoint: undefined,
    Cmd: undefined,
    ...commandOf(own, image),
    Labels: labelsOf({
      container: own.Labels ?? {},
      image: image?.Labels ?? {},
      control: input.labels,
      newImageId: input.newImageId,
    }),
    ExposedPorts: exposedPortsOf(container, image),
    Volumes: declaredVolumesOf(container, image),
    Healthcheck: healthCheckOf(own.Healthcheck ?? null, image?.Healthcheck ?? null, apiVersion),
    // From API 1.44 on it belongs to the endpoint; API 1.52 refuses it here.
    MacAddress: isApiAtLeast(apiVersion, '1.44') ? undefined : own.MacAddress || undefined,
    // Only images set these.
    OnBuild: undefined,
    ArgsEscaped: undefined,
  });
}

function differing(own: string | undefined, image: string | undefined): string | undefined {
  return own === '' || own === image ? undefined : own;
}

/** The engine cleans the path at the start, so an image's `/app/` appears as `/app` in the container. */
function workingDirectoryOf(
  own: ContainerConfig,
  image: ContainerConfig | null,
): string | undefined {
  const ofImage = image?.WorkingDir;
  const cleaned = ofImage === undefined || ofImage === '' ? ofImage : cleanPath(ofImage);
  return own.WorkingDir === cleaned ? undefined : differing(own.WorkingDir, ofImage);
}
