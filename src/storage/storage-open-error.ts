/**
 * The storage cannot be used at all: the process exits with code 2. The message names the file and says what to do.
 */
export class StorageOpenError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StorageOpenError';
  }
}
