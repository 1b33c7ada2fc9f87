import { describe, expect, it } from 'vitest';
import { ConfigurationFolder } from './configuration-folder.js';

describe('environment variables', () => {
  const settingsOf = (environment: NodeJS.ProcessEnv): unknown => {
    const loaded = new ConfigurationFolder().write('{}\n').load(environment);
    return 'settings' in loaded ? loaded.settings : loaded.faults;
  };

  it('have defaults', () => {
    expect(settingsOf({ HOME: '/home/anna', DEPLOY_LISTEN: '', DOCKER_CONFIG: '' })).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      logLevel: 'info',
      logFormat: null,
      dockerConfigFolder: '/home/anna/.docker',
      dockerAuthConfig: null,
    });
  });

  it('are read, credentials as secrets', () => {
    const settings = settingsOf({
      DEPLOY_LISTEN: '0.0.0.0:0',
      DEPLOY_LOG_LEVEL: 'debug',
      DEPLOY_LOG_FORMAT: 'json',
      DOCKER_CONFIG: '/docker',
      DOCKER_AUTH_CONFIG: '{"auths":{}}',
    });
    expect(settings).toMatchObject({
      listen: { host: '0.0.0.0', port: 0 },
      logLevel: 'debug',
      logFormat: 'json',
      dockerConfigFolder: '/docker',
    });
    expect(JSON.stringify(settings)).not.toContain('auths');
  });
});
