import { Injectable } from '@nestjs/common';
import { RegistryClient } from '../../registries/registry-client.js';
import { TagList } from '../../registries/tag-list.js';
import { RegistryAnswers } from './registry-answers.js';

/** Begins rounds of questions to registries. */
@Injectable()
export class RegistryAsker {
  constructor(
    private readonly registry: RegistryClient,
    private readonly tagList: TagList,
  ) {}

  /** @param repository canonical */
  answersOf(repository: string, signal: AbortSignal): RegistryAnswers {
    return new RegistryAnswers(this.registry, this.tagList, repository, signal);
  }
}
