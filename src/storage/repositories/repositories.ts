import { AuditRepository } from './audit.repository.js';
import { DeliveryRepository } from './delivery.repository.js';
import { DeploymentRepository } from './deployment.repository.js';
import { EventRepository } from './event.repository.js';
import { FreezeRepository } from './freeze.repository.js';
import { GroupRunRepository } from './group-run.repository.js';
import { HistoryRepository } from './history.repository.js';
import { LogRepository } from './log.repository.js';
import { PruningRepository } from './pruning.repository.js';
import { QuarantineRepository } from './quarantine.repository.js';
import { RecheckRepository } from './recheck.repository.js';
import type { Session } from '../session.js';
import { SettingRepository } from './setting.repository.js';
import { SpentLinkRepository } from './spent-link.repository.js';
import { TokenRepository } from './token.repository.js';

/** All repositories over one session. */
export class Repositories {
  readonly deployments: DeploymentRepository;
  readonly deliveries: DeliveryRepository;
  readonly logs: LogRepository;
  readonly events: EventRepository;
  readonly history: HistoryRepository;
  readonly pruning: PruningRepository;
  readonly quarantine: QuarantineRepository;
  readonly rechecks: RecheckRepository;
  readonly tokens: TokenRepository;
  readonly settings: SettingRepository;
  readonly freezes: FreezeRepository;
  readonly audit: AuditRepository;
  readonly spentLinks: SpentLinkRepository;
  readonly groupRuns: GroupRunRepository;

  constructor(session: Session) {
    this.deployments = new DeploymentRepository(session);
    this.deliveries = new DeliveryRepository(session);
    this.logs = new LogRepository(session);
    this.events = new EventRepository(session);
    this.history = new HistoryRepository(session);
    this.pruning = new PruningRepository(session);
    this.quarantine = new QuarantineRepository(session);
    this.rechecks = new RecheckRepository(session);
    this.tokens = new TokenRepository(session);
    this.settings = new SettingRepository(session);
    this.freezes = new FreezeRepository(session);
    this.audit = new AuditRepository(session);
    this.spentLinks = new SpentLinkRepository(session);
    this.groupRuns = new GroupRunRepository(session);
  }
}
