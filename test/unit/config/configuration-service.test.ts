import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { ConfigurationModule } from '../../../src/config/configuration.module.js';
import { ConfigurationService, type Reloaded } from '../../../src/config/configuration.service.js';
import { ConfigurationError } from '../../../src/config/fault.js';
import { ConfigurationFolder } from './configuration-folder.js';

const BEFORE = `
server: { publicUrl: https://a.example.com, metricsListen: ':9090' }
storage: sqlite:a.db
webhooks:
  hub: { type: docker-hub, secret: aaaaaaaaaaaaaaaaaaaaaaaa }
  old: { type: docker-hub, secret: bbbbbbbbbbbbbbbbbbbbbbbb }
registries: { ghcr.io: { username: u, password: p } }
environments:
  staging: { services: { web: { container: web, image: acme/web, tag: a }, api: { container: api, image: acme/api, tag: a } } }
`;
const AFTER = `
server: { publicUrl: https://b.example.com, metricsListen: ':9091' }
storage: sqlite:b.db
retention: 30d
webhooks:
  hub: { type: docker-hub, secret: cccccccccccccccccccccccc }
  new: { type: docker-hub, secret: bbbbbbbbbbbbbbbbbbbbbbbb }
registries: { ghcr.io: { username: u, password: q } }
environments:
  staging: { services: { web: { container: web, image: acme/web, tag: b } } }
  production: { services: { web: { container: live, image: acme/web, tag: b } } }
`;

async function serviceOf(
  folder: ConfigurationFolder,
  environment: NodeJS.ProcessEnv = {},
): Promise<ConfigurationService> {
  const source = { path: folder.file, environment };
  const module = await Test.createTestingModule({
    imports: [ConfigurationModule.forRoot(source)],
  }).compile();
  return module.get(ConfigurationService);
}

function changesOf(reloaded: Reloaded): readonly string[] {
  return reloaded.applied ? reloaded.changes : reloaded.faults.map(({ message }) => message);
}

describe('ConfigurationService', () => {
  it('provides the configuration read at startup, including secrets and settings', async () => {
    const folder = new ConfigurationFolder().write(BEFORE);
    const service = await serviceOf(folder, { DEPLOY_LISTEN: ':1234' });
    expect(service.settings.listen).toEqual({ host: '', port: 1234 });
    expect(service.current().webhooks[0]?.secrets[0]?.reveal()).toBe('a'.repeat(24));
    expect(service.current().storage.path).toBe(`${folder.path}/a.db`);
  });

  it('throws every fault of an invalid file at startup', () => {
    const folder = new ConfigurationFolder().write('retention: 1h\nnix: 1\n');
    const source = { path: folder.file, environment: {} };
    try {
      ConfigurationModule.forRoot(source);
      expect.unreachable('an invalid file was accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ code: 'invalid', faults: [{ line: 1 }, { line: 2 }] });
    }
  });

  it('applies a new file and lists the changes, without secrets', async () => {
    const folder = new ConfigurationFolder().write(BEFORE);
    const service = await serviceOf(folder);
    folder.write(AFTER);
    const reloaded = service.reload();
    expect(changesOf(reloaded)).toEqual([
      'storage: changed; needs a restart',
      'retention: changed',
      'server.publicUrl: changed',
      'server.metricsListen: changed; needs a restart',
      'registries.ghcr.io: changed',
      'webhooks.old: removed',
      'webhooks.hub: changed',
      'webhooks.new: added',
      'environments.production: added',
      'environments.staging.services.api: removed',
      'environments.staging.services.web: changed',
      'environments.production.services.web: added',
    ]);
    expect(reloaded.applied).toBe(true);
    expect(service.current().publicUrl).toBe('https://b.example.com');
  });

  it('finds no changes in the same file', async () => {
    const folder = new ConfigurationFolder().write(BEFORE);
    const service = await serviceOf(folder);
    expect(service.reload()).toEqual({ applied: true, changes: [] });
  });

  it('rereads secret files', async () => {
    const folder = new ConfigurationFolder()
      .write("webhooks: { hub: { type: docker-hub, secret: '${file:s}' } }\n")
      .write('a'.repeat(24), 's');
    const service = await serviceOf(folder);
    folder.write('b'.repeat(24), 's');
    expect(changesOf(service.reload())).toEqual(['webhooks.hub: changed']);
    expect(service.current().webhooks[0]?.secrets[0]?.reveal()).toBe('b'.repeat(24));
  });

  it('refuses an invalid file: the old one stays in force and no listener is called', async () => {
    const folder = new ConfigurationFolder().write(BEFORE);
    const service = await serviceOf(folder);
    const before = service.current();
    let calls = 0;
    service.onChange(() => (calls += 1));
    folder.write('');
    expect(service.reload()).toMatchObject({ applied: false, faults: [{ line: 1, column: 1 }] });
    expect(service.current()).toBe(before);
    expect(calls).toBe(0);
  });

  it('calls every listener until it unsubscribes, even after one that throws', async () => {
    const folder = new ConfigurationFolder().write(BEFORE);
    const service = await serviceOf(folder);
    const changes: string[] = [];
    const stop = service.onChange(() => {
      throw new Error('full');
    });
    service.onChange((current, previous) =>
      changes.push(`${String(previous.publicUrl)} ${String(current.publicUrl)}`),
    );
    folder.write(AFTER);
    expect(() => service.reload()).toThrow(AggregateError);
    stop();
    expect(service.reload().applied).toBe(true);
    expect(changes).toEqual([
      'https://a.example.com https://b.example.com',
      'https://b.example.com https://b.example.com',
    ]);
  });
});
