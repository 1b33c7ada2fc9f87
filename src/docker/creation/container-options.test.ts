import { describe, expect, it } from 'vitest';
import { replacementOf } from './container-options.js';
import type { ContainerConfig, HostConfig } from '../inspection/inspection.js';
import { mergedConfig } from '../testing/engine-merge.js';
import { aContainer, aReplacementInput, anImage } from '../testing/inspection-builders.js';

function bodyOf(
  config: ContainerConfig,
  image: ContainerConfig = {},
  input: Parameters<typeof aReplacementInput>[0] = {},
): Record<string, unknown> {
  const container = aContainer({ Config: config });
  return replacementOf(aReplacementInput({ container, oldImage: anImage(image), ...input })).body;
}

describe('the body of a replacement', () => {
  it('is little more than the image for a bare container', () => {
    expect(replacementOf(aReplacementInput())).toEqual({
      body: {
        Image: 'acme/web:latest',
        Labels: {},
        HostConfig: { NetworkMode: 'default' },
        NetworkingConfig: { EndpointsConfig: { bridge: {} } },
      },
      platform: null,
      furtherNetworks: [],
    });
  });

  it('has the requested image reference, not the old one', () => {
    expect(bodyOf({ Image: 'sha256:abc' }, {}, { image: 'acme/web:2' })).toMatchObject({
      Image: 'acme/web:2',
    });
  });

  it('copies what never comes from an image, known or not', () => {
    const own = {
      StopTimeout: 30,
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: false,
      AttachStderr: false,
      Domainname: 'example.com',
      Hostname: 'web-1',
      NetworkDisabled: true,
      MacAddress: '02:11:22:33:44:55',
      SettingOfTheFuture: 'x',
    };
    expect(bodyOf(own)).toMatchObject(own);
  });

  it.each<[string, ContainerConfig]>([
    ['User', { User: '1000:1000' }],
    ['WorkingDir', { WorkingDir: '/srv' }],
    ['StopSignal', { StopSignal: 'SIGQUIT' }],
    ['Shell', { Shell: ['/bin/ash', '-c'] }],
    ['Env', { Env: ['A=1'] }],
    ['Cmd', { Cmd: ['serve'] }],
    ['Labels', { Labels: { a: 'b' } }],
    ['ExposedPorts', { ExposedPorts: { '80/tcp': {} } }],
    ['Volumes', { Volumes: { '/data': {} } }],
    ['Healthcheck', { Healthcheck: { Test: ['CMD', '/check'] } }],
  ])('leaves %s to the image that set it, and sends the user’s', (field, config) => {
    const ofImage = bodyOf(config, config);
    expect(ofImage[field] ?? {}).toEqual({});
    expect(bodyOf(config, {})[field]).toEqual(config[field]);
    expect(bodyOf(config, {}, { oldImage: null })[field]).toEqual(config[field]);
    expect(bodyOf(config, {}, { oldImage: anImage({}, { Config: null }) })[field]).toEqual(
      config[field],
    );
  });

  it('sends no empty values instead of the image’s', () => {
    const body = bodyOf({ User: '', WorkingDir: '', StopSignal: '' }, { User: 'app' });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['User']));
    expect(body).not.toHaveProperty('WorkingDir');
    expect(body).not.toHaveProperty('StopSignal');
  });

  it('recognises the image’s working directory after the engine has cleaned it', () => {
    expect(bodyOf({ WorkingDir: '/app' }, { WorkingDir: '/app/' })).not.toHaveProperty(
      'WorkingDir',
    );
    expect(bodyOf({ WorkingDir: '/app' }, { WorkingDir: '/app/x' })).toHaveProperty('WorkingDir');
  });

  it('never sends what only an image has', () => {
    const body = bodyOf({ OnBuild: ['RUN x'], ArgsEscaped: true });
    expect(body).not.toHaveProperty('OnBuild');
    expect(body).not.toHaveProperty('ArgsEscaped');
  });

  it('does not copy the generated host name', () => {
    expect(bodyOf({})).not.toHaveProperty('Hostname');
  });

  it.each([
    ['1.43', true],
    ['1.44', false],
    ['1.52', false],
  ])('has the MAC address at the top in API %s: %s', (apiVersion, expected) => {
    const body = bodyOf({ MacAddress: '02:11:22:33:44:55' }, {}, { apiVersion });
    expect('MacAddress' in body).toBe(expected);
  });

  it('has no MAC address if the user set none', () => {
    expect(bodyOf({ MacAddress: '' })).not.toHaveProperty('MacAddress');
  });

  it('requests no entrypoint if the user cleared the image’s', () => {
    expect(bodyOf({ Entrypoint: null, Cmd: ['x'] }, { Entrypoint: ['/e'] })).toMatchObject({
      Entrypoint: [''],
      Cmd: ['x'],
    });
  });

  it('sets our labels and names the new image for compose', () => {
    const labels = { 'deploy.deployment': 'two' };
    const config = {
      Labels: { 'deploy.deployment': 'one', 'com.docker.compose.image': 'sha256:old' },
    };
    expect(bodyOf(config, {}, { labels, newImageId: 'sha256:new' })).toMatchObject({
      Labels: { 'deploy.deployment': 'two', 'com.docker.compose.image': 'sha256:new' },
    });
  });

  it('requests the platform of the old image if it is not the engine’s', () => {
    const oldImage = anImage({}, { Architecture: 'arm64', Variant: 'v8' });
    expect(replacementOf(aReplacementInput({ oldImage })).platform).toBe('linux/arm64/v8');
  });

  it('names the volume of a bind that is a bare destination', () => {
    const container = aContainer({
      HostConfig: { Binds: ['/data'] },
      Mounts: [{ Type: 'volume', Name: 'a1b2', Destination: '/data', RW: true }],
    });
    expect(replacementOf(aReplacementInput({ container })).body['HostConfig']).toEqual({
      NetworkMode: 'default',
      Binds: ['a1b2:/data'],
    });
  });

  it('keeps anonymous volumes and leaves those of other containers to them', () => {
    const volume = { Type: 'volume', Name: 'a1b2', Destination: '/data', RW: true };
    const container = aContainer({
      HostConfig: { VolumesFrom: ['store'] },
      Config: { Volumes: { '/data': {} } },
      Mounts: [volume],
    });
    const mounts = (input: object): unknown =>
      (replacementOf(aReplacementInput({ container, ...input })).body['HostConfig'] as HostConfig)
        .Mounts;
    expect(mounts({})).toEqual([{ Type: 'volume', Source: 'a1b2', Target: '/data' }]);
    expect(mounts({ volumesFrom: [aContainer({ Mounts: [volume] })] })).toBeUndefined();
  });
});

describe('the networks of a replacement', () => {
  const container = aContainer({
    HostConfig: { NetworkMode: 'app', Sysctls: { 'net.ipv4.conf.eth0.log_martians': '1' } },
    networks: {
      back: { Aliases: ['api'] },
      app: { IPAMConfig: { IPv4Address: '172.30.0.9' } },
    },
  });
  const app = { IPAMConfig: { IPv4Address: '172.30.0.9' } };
  const back = { Aliases: ['api'] };

  it('are below API 1.44 the one of the mode at once, the others before the first start', () => {
    const replacement = replacementOf(aReplacementInput({ container, apiVersion: '1.43' }));
    expect(replacement.body['NetworkingConfig']).toEqual({ EndpointsConfig: { app } });
    expect(replacement.furtherNetworks).toEqual([{ name: 'back', endpoint: back }]);
  });

  it('are from API 1.44 on all at once', () => {
    const replacement = replacementOf(aReplacementInput({ container, apiVersion: '1.44' }));
    expect(replacement.body['NetworkingConfig']).toEqual({ EndpointsConfig: { app, back } });
    expect(replacement.furtherNetworks).toEqual([]);
  });

  it('have the kernel settings of the first interface from API 1.48 on', () => {
    const { body } = replacementOf(aReplacementInput({ container, apiVersion: '1.48' }));
    expect(body['HostConfig']).toEqual({ NetworkMode: 'app', Sysctls: {} });
    expect(body['NetworkingConfig']).toMatchObject({
      EndpointsConfig: {
        app: {
          DriverOpts: {
            'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1',
          },
        },
      },
    });
  });

  it.each(['host', 'none', `container:${'f'.repeat(64)}`])('are not sent in mode %s', (mode) => {
    const Sysctls = { 'net.ipv4.conf.eth0.log_martians': '1' };
    const shared = aContainer({
      HostConfig: { NetworkMode: mode, Sysctls },
      networks: { [mode]: {} },
    });
    const { body } = replacementOf(aReplacementInput({ container: shared, apiVersion: '1.48' }));
    expect(body).not.toHaveProperty('NetworkingConfig');
    expect(body['HostConfig']).toMatchObject({ NetworkMode: mode, Sysctls });
  });
});

describe('two replacements in a row', () => {
  const first: ContainerConfig = {
    Env: ['PATH=/bin', 'MODE=one'],
    Entrypoint: ['/entry-1'],
    Cmd: ['serve-1'],
    User: 'one',
    WorkingDir: '/one',
    StopSignal: 'SIGINT',
    Labels: { version: '1', vendor: 'acme' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/one': {} },
    Healthcheck: { Test: ['CMD', '/check-1'], Interval: 10, Retries: 1 },
  };
  const second: ContainerConfig = {
    Env: ['PATH=/bin:/sbin', 'NEW=2'],
    Entrypoint: ['/entry-2'],
    Cmd: ['serve-2'],
    User: 'two',
    WorkingDir: '/two',
    Labels: { version: '2' },
    ExposedPorts: { '90/tcp': {} },
    Healthcheck: { Test: ['CMD', '/check-2'], Interval: 20, Timeout: 2 },
  };
  const third: ContainerConfig = { Env: ['MODE=three'], Cmd: ['serve-3'], Labels: {} };

  /** What an engine shows of the container after it was replaced on each of the images in turn. */
  function afterAll(request: ContainerConfig, images: readonly ContainerConfig[]): ContainerConfig {
    const [image = {}, ...others] = images;
    let shown = mergedConfig(request, image);
    let oldImage = image;
    for (const next of others) {
      const { HostConfig: _host, NetworkingConfig: _networks, ...sent } = bodyOf(shown, oldImage);
      shown = mergedConfig(sent, next);
      oldImage = next;
    }
    return shown;
  }

  it.each<[string, ContainerConfig]>([
    ['no settings at all', {}],
    ['a variable', { Env: ['TOKEN=x'] }],
    ['a changed variable', { Env: ['MODE=mine'] }],
    ['a variable that is taken away', { Env: ['MODE'] }],
    ['a command', { Cmd: ['work'] }],
    ['an entrypoint', { Entrypoint: ['/own'] }],
    ['an entrypoint and a command like the image’s', { Entrypoint: ['/own'], Cmd: ['serve-1'] }],
    ['an empty entrypoint', { Entrypoint: [] }],
    ['a user', { User: 'me' }],
    ['a directory and a signal', { WorkingDir: '/mine', StopSignal: 'SIGQUIT' }],
    ['labels', { Labels: { owner: 'anna', version: 'mine' } }],
    ['a port and a volume', { ExposedPorts: { '99/udp': {} }, Volumes: { '/mine': {} } }],
    ['a health check', { Healthcheck: { Test: ['CMD', '/mine'] } }],
    ['a health check’s interval', { Healthcheck: { Interval: 3 } }],
    ['no health check', { Healthcheck: { Test: ['NONE'] } }],
  ])('leave a container with %s as if it had been created on the last image', (_, settings) => {
    const request = { Image: 'acme/web:latest', ...settings };
    expect(afterAll(request, [first, second, third])).toEqual(mergedConfig(request, third));
    expect(afterAll(request, [third, first, second])).toEqual(mergedConfig(request, second));
  });

  it('keep a cleared entrypoint over images that have one', () => {
    const request = { Image: 'acme/web:latest', Entrypoint: [''], Cmd: ['/bin/sh'] };
    expect(afterAll(request, [first, second, first])).toEqual(mergedConfig(request, first));
  });

  it('request the same mounts each time', () => {
    const volume = { Type: 'volume', Name: 'a1b2', Destination: '/data', RW: true };
    const mountsAfter = (HostConfig: HostConfig): HostConfig => {
      const container = aContainer({ HostConfig, Mounts: [volume] });
      return replacementOf(aReplacementInput({ container })).body['HostConfig'] as HostConfig;
    };
    const once = mountsAfter({});
    expect(once.Mounts).toHaveLength(1);
    expect(mountsAfter(once)).toEqual(once);
  });
});
