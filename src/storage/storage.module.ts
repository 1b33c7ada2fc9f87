import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Storage } from './storage.js';

/**
 * Provides `Storage` to every module. There is one per process, opened by `main.ts` before the application is created,
 * because a storage that cannot be opened has its own exit code. It is closed in the last phase of the shutdown, after
 * everything that uses it has ended (`beforeApplicationShutdown` or earlier).
 */
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(private readonly storage: Storage) {}

  static forOpened(storage: Storage): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [{ provide: Storage, useValue: storage }],
      exports: [Storage],
    };
  }

  /** Opens the storage itself, for tests and tools. */
  static forRoot(url: string): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [{ provide: Storage, useFactory: () => Storage.open(url) }],
      exports: [Storage],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.storage.close();
  }
}
