import { Module } from '@nestjs/common';
import { GuardedHttp } from './guarded-http.js';
import { OutgoingCalls } from './outgoing-calls.js';

/** Provides `GuardedHttp` and `OutgoingCalls`: every HTTP request that leaves the server goes through one of them. */
@Module({
  providers: [
    { provide: GuardedHttp, useFactory: (): GuardedHttp => new GuardedHttp() },
    { provide: OutgoingCalls, useFactory: (): OutgoingCalls => new OutgoingCalls() },
  ],
  exports: [GuardedHttp, OutgoingCalls],
})
export class OutgoingModule {}
