import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { ConfigurationModule } from './config/configuration.module.js';
import type { ConfigurationSource } from './config/configuration.service.js';
import { ApproveLinksModule } from './api/approve-page/approve-links.module.js';
import { DeploymentsApiModule } from './api/deployments-api.module.js';
import { DeploymentsModule } from './deployments/deployments.module.js';
import { HttpModule } from './http/http.module.js';
import { OpenApiModule } from './api/openapi/openapi.module.js';
import { OperationsModule } from './operations/operations.module.js';
import type { Storage } from './storage/storage.js';
import { StorageModule } from './storage/storage.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The whole program, in the order in which data passes through it. */
@Module({})
export class AppModule {
  /** `storage` is open: a storage that cannot be opened ends the process before there is an application. */
  static over(source: ConfigurationSource, storage: Storage): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule.forRoot(source),
        StorageModule.forOpened(storage),
        AccessModule,
        WebhooksModule,
        DeploymentsModule,
        DeploymentsApiModule,
        ApproveLinksModule,
        OpenApiModule,
        OperationsModule,
        // Last: it also takes the addresses that nobody else answers to.
        HttpModule,
      ],
    };
  }
}
