import './operations/small-heap.js';
import 'reflect-metadata';
import { runCheck } from './config/check-command.js';
import { configurationPath, processEnvironment } from './config/environment-settings.js';

const USAGE = `usage: node dist/main.js                 start the server
       node dist/main.js check           check the configuration and print its errors
       node dist/main.js backup FILE     copy the storage, even of a running server, to a new file
`;

const environment = processEnvironment();
const source = { path: configurationPath(environment), environment };
const [command, ...rest] = process.argv.slice(2);

if (command === undefined) {
  // Imported only here, so that the other commands start quickly.
  const { serve } = await import('./serve.js');
  await serve(source);
} else if (command === 'check' && rest.length === 0) {
  process.exitCode = runCheck(source.path, environment, process.stdout, process.stderr);
} else if (command === 'backup' && rest.length === 1) {
  const { runBackup } = await import('./operations/backup-command.js');
  process.exitCode = await runBackup(source, rest[0] ?? '');
} else {
  const isAskedFor = command === 'help' || command === '--help' || command === '-h';
  (isAskedFor ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = isAskedFor ? 0 : 1;
}
