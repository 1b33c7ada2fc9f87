import { Controller, Get, Query } from '@nestjs/common';
import { Requires } from '../access/requires.decorator.js';
import type { AuditEntry } from '../domain/deployment/audit.js';
import { Storage } from '../storage/storage.js';
import { ListQuery } from './list-query.dto.js';
import { pageView, type PageView } from './page.dto.js';
import { pageOf } from '../domain/page.js';

/** Who did what. */
@Controller('api/v1/audit')
export class AuditController {
  constructor(private readonly storage: Storage) {}

  @Get()
  @Requires('admin')
  async list(@Query() { limit, before }: ListQuery): Promise<PageView<AuditEntry>> {
    const entries = await this.storage.audit.list({ limit: limit + 1, before });
    return pageView(pageOf(entries, limit), auditView);
  }
}

function auditView(entry: AuditEntry): AuditEntry {
  const { id, at, by, role, action, environment, service, deployment, detail } = entry;
  return { id, at, by, role, action, environment, service, deployment, detail };
}
