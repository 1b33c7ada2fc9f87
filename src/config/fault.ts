import { DeployError } from '../domain/errors.js';

/** One error in the configuration. `line` and `column` count from 1. */
export interface Fault {
  /** The file as the user named it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** E.g. `environments.staging.services.web.tag`, an environment variable's name, or `(file)` for the whole file. */
  readonly path: string;
  /** What is wrong and what would be right. Never contains a secret value. */
  readonly message: string;
}

/** The path of a fault that concerns no single key. */
export const WHOLE_FILE = '(file)';

/** `file:line:column: path: what is wrong and what would be right`, on one line. */
export function printFault(fault: Fault): string {
  const position = `${fault.file}:${String(fault.line)}:${String(fault.column)}`;
  return `${position}: ${fault.path}: ${fault.message}`;
}

/** Collects the faults found while reading one file, and returns them in file order. */
export class FaultList {
  readonly #faults: Fault[] = [];

  constructor(private readonly file: string) {}

  add(at: { line: number; column: number }, path: string, message: string): void {
    this.#faults.push({ file: this.file, line: at.line, column: at.column, path, message });
  }

  /** Adds a fault of an environment variable or of the whole file, at position 1:1. */
  addWhole(path: string, message: string): void {
    this.add({ line: 1, column: 1 }, path, message);
  }

  inOrder(): readonly Fault[] {
    return this.#faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }
}

/** The configuration is invalid; `faults` lists every error. */
export class ConfigurationError extends DeployError {
  constructor(readonly faults: readonly Fault[]) {
    super('invalid', faults.map(printFault).join('\n'));
    this.name = 'ConfigurationError';
  }
}
