import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { AccessGuard } from './access.guard.js';
import { Authenticator } from './authenticator.js';
import { FailedAuthentications } from './failed-authentications.js';
import { ThrottleGuard } from './throttle.guard.js';
import { ThrottleStorage } from './throttle-storage.js';

/** Who may call what, and how often. Its guards run before every route of the server, in this order. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      useFactory: () => ({
        // ThrottleGuard reads the limits from the configuration at each request.
        throttlers: [{ name: 'deploy', limit: 0, ttl: 0 }],
        storage: new ThrottleStorage(),
      }),
    }),
  ],
  providers: [
    Authenticator,
    FailedAuthentications,
    { provide: APP_GUARD, useClass: ThrottleGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator, FailedAuthentications],
})
export class AccessModule {}
