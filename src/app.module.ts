import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { ConfigurationModule } from './config/configuration.module.js';
import type { ConfigurationSource } from './config/configuration.service.js';
import { ApiModule } from './api/api.module.js';
import { ApproveLinksModule } from './api/approve-page/approve-links.module.js';
import { OpenApiModule } from './api/openapi/openapi.module.js';
import { DeploymentsModule } from './deployments/deployments.module.js';
import { HttpModule } from './http/http.module.js';
import { OperationsModule } from './operations/operations.module.js';
import type { Storage } from './storage/storage.js';
import { StorageModule } from './storage/storage.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The whole server, in the order in which data passes through it. */
@Module({})
export class AppModule {
  /** `storage` is already open: if it cannot be opened, the process ends before there is an application. */
  static over(source: ConfigurationSource, storage: Storage): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule.forRoot(source),
        StorageModule.forOpened(storage),
        AccessModule,
        WebhooksModule,
        DeploymentsModule,
        ApiModule,
        // Not imported by ApiModule: routes of nested modules would come after the catch-all route.
        ApproveLinksModule,
        OpenApiModule,
        OperationsModule,
        // Last: its catch-all route takes the addresses that no other module serves.
        HttpModule,
      ],
    };
  }
}
