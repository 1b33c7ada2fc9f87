import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';

@Injectable()
class Engine {}

@Injectable()
class Rollout {
  constructor(readonly engine: Engine) {}
}

it('tests are compiled with the decorator metadata that injection by type needs', () => {
  expect(Reflect.getMetadata('design:paramtypes', Rollout)).toEqual([Engine]);
});
