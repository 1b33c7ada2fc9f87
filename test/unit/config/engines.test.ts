import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secrets/secret.js';
import { ConfigurationFolder, configurationOf } from './configuration-folder.js';

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';

describe('engines', () => {
  it('use DOCKER_HOST if they have no host of their own', () => {
    const text = "engines: { local: {}, other: { host: 'unix:///run/other.sock' } }\n";
    expect(configurationOf(text, { DOCKER_HOST: 'unix:///run/x.sock' }).engines).toEqual([
      { name: 'local', host: 'unix:///run/x.sock', tls: null },
      { name: 'other', host: 'unix:///run/other.sock', tls: null },
    ]);
  });

  it('accept tcp without tls if insecure is set', () => {
    const text =
      "engines: { a: { host: 'tcp://10.0.0.5', insecure: true }, b: { insecure: true } }\n";
    expect(configurationOf(text, { DOCKER_HOST: 'tcp://[::1]:1234/' }).engines).toEqual([
      { name: 'a', host: 'tcp://10.0.0.5:2375', tls: null },
      { name: 'b', host: 'tcp://[::1]:1234', tls: null },
    ]);
  });

  it('read certificates relative to the folder of the file, and keep the key secret', () => {
    const folder = new ConfigurationFolder()
      .write(
        "engines: { e: { host: 'tcp://10.0.0.5', tls: { ca: tls/a, cert: tls/b, key: tls/c } } }\n",
      )
      .write(PEM, 'tls/a')
      .write(PEM, 'tls/b')
      .write(PEM, 'tls/c');
    const [engine] = folder.sound().engines;
    expect(engine?.host).toBe('tcp://10.0.0.5:2376');
    expect(engine?.tls?.ca).toBe(PEM);
    expect(engine?.tls?.key).toBeInstanceOf(Secret);
    expect(engine?.tls?.key.reveal()).toBe(PEM);
  });

  it('refuse certificates that are missing, malformed, or unused', () => {
    const folder = new ConfigurationFolder()
      .write("engines:\n  e: { host: 'unix:///x', tls: { ca: a, cert: b, key: c } }\n")
      .write('hello', 'b')
      .write(PEM, 'c');
    expect(folder.faults()).toEqual([
      expect.stringMatching(/^2:27: engines\.e\.tls: a local socket does not use tls/),
      expect.stringMatching(/^2:38: engines\.e\.tls\.ca: the file cannot be read: ENOENT/),
      expect.stringMatching(/^2:47: engines\.e\.tls\.cert: .* is not a PEM file/),
    ]);
  });

  it('refuse tls together with insecure', () => {
    const folder = new ConfigurationFolder()
      .write(
        "engines:\n  e: { host: 'tcp://x', insecure: true, tls: { ca: a, cert: a, key: a } }\n",
      )
      .write(PEM, 'a');
    expect(folder.faults()).toEqual([
      expect.stringMatching(/^2:35: engines\.e\.insecure: .*contradict/),
    ]);
  });

  it("use Docker's own variables for TLS", () => {
    const folder = new ConfigurationFolder().write('{}\n');
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) folder.write(PEM, `certs/${name}`);
    const environment = {
      DOCKER_HOST: 'tcp://10.0.0.5:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: `${folder.path}/certs`,
    };
    expect(folder.sound(environment).engines[0]?.tls?.cert).toBe(PEM);
    expect(folder.faults({ ...environment, DOCKER_CERT_PATH: '', HOME: '/nix' })).toHaveLength(3);
  });
});
