import { printFault, type Fault } from '../config/fault.js';
import type { ConfigurationSource } from '../config/configuration.service.js';
import { loadConfiguration } from '../config/load-configuration.js';
import { DeployError } from '../domain/errors.js';
import { backupDatabase } from '../storage/sqlite/backup.js';
import { StorageOpenError } from '../storage/storage-open-error.js';

/** The `backup FILE` command. Exit code 1: invalid configuration or target; 2: storage cannot be opened. */
export async function runBackup(source: ConfigurationSource, file: string): Promise<0 | 1 | 2> {
  const loaded = loadConfiguration(source.path, source.environment);
  if ('faults' in loaded) {
    process.stderr.write(loaded.faults.map(printLine).join(''));
    return 1;
  }
  try {
    await backupDatabase(`sqlite:${loaded.configuration.storage.path}`, file);
  } catch (error) {
    if (!(error instanceof StorageOpenError) && !(error instanceof DeployError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof StorageOpenError ? 2 : 1;
  }
  process.stdout.write(`the storage was copied to ${file}\n`);
  return 0;
}

function printLine(fault: Fault): string {
  return `${printFault(fault)}\n`;
}
