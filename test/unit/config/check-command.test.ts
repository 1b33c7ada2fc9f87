import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/config/check-command.js';
import { ConfigurationFolder } from './configuration-folder.js';

/** Records what is written to it. */
class Written {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

function check(path: string): { code: number; stdout: string; stderr: string } {
  const [stdout, stderr] = [new Written(), new Written()];
  const code = runCheck(path, {}, stdout, stderr);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe('check', () => {
  it('prints ok and returns 0 for a valid file', () => {
    const { file } = new ConfigurationFolder().write('{}\n');
    expect(check(file)).toEqual({ code: 0, stdout: 'ok\n', stderr: '' });
  });

  it('prints every fault on its own line and returns 1', () => {
    const { file } = new ConfigurationFolder().write(
      'environments: { a: { policy: { poll: 1s } } }\nserver: []\n',
    );
    expect(check(file)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `${file}:1:38: environments.a.policy.poll: "1s" is not a duration from 30s to 7d; write e.g. 500ms, 30s, 10m, 24h or 7d\n` +
        `${file}:2:9: server: must be a map (key: value), not a list\n`,
    });
  });

  it('returns 1 for a missing file, and names it', () => {
    const { file } = new ConfigurationFolder();
    const { code, stdout, stderr } = check(file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.startsWith(`${file}:1:1: DEPLOY_CONFIG: the file does not exist`)).toBe(true);
  });
});
