/**
 * The storage cannot be used at all: the program ends with exit code 2. The message names the file and
 * says what to do about it.
 */
export class StorageOpenError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StorageOpenError';
  }
}
