import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { DeploymentsModule } from '../../deployments/deployments.module.js';
import { ApproveLinkController } from './approve-link.controller.js';
import { ApproveLinks } from '../../deployments/actions/approve-links.js';
import { ApprovePageController } from './approve-page.controller.js';
import { LinkAuthentication } from './link-authentication.js';
import { LinkKey } from '../../deployments/actions/link-key.js';

/** Links for approvers, and the pages that they open. */
@Module({
  imports: [AccessModule, DeploymentsModule],
  controllers: [ApproveLinkController, ApprovePageController],
  providers: [ApproveLinks, LinkAuthentication, LinkKey],
  exports: [ApproveLinks],
})
export class ApproveLinksModule {}
