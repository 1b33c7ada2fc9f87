import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { anOpenStorage, aStorageUrl } from '../../test/unit/storage/temporary-storage.js';
import { Storage } from './storage.js';
import { StorageModule } from './storage.module.js';

@Injectable()
class User {
  constructor(readonly storage: Storage) {}
}

@Module({ providers: [User] })
class UserModule {}

@Module({ imports: [StorageModule], providers: [User] })
class NamingUserModule {}

describe('StorageModule', () => {
  it('provides the opened storage to every module and closes it at the end', async () => {
    const storage = await anOpenStorage();
    const context = await Test.createTestingModule({
      imports: [StorageModule.forOpened(storage), UserModule],
    }).compile();
    await context.init();
    expect(context.get(User, { strict: false }).storage).toBe(storage);
    expect(await storage.isWritable()).toBe(true);
    await context.close();
    expect(await storage.isWritable()).toBe(false);
  });

  it('may be imported by a module that uses it', async () => {
    const storage = await anOpenStorage();
    const context = await Test.createTestingModule({
      imports: [StorageModule.forOpened(storage), NamingUserModule],
    }).compile();
    expect(context.get(User, { strict: false }).storage).toBe(storage);
    await context.close();
  });

  it('can open the storage itself', async () => {
    const url = await aStorageUrl();
    const context = await Test.createTestingModule({
      imports: [StorageModule.forRoot(url), UserModule],
    }).compile();
    expect(await context.get(Storage, { strict: false }).isWritable()).toBe(true);
    await context.close();
    await (await Storage.open(url, 0)).close();
  });
});
