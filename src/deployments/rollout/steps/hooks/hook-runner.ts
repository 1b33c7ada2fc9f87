import { Injectable } from '@nestjs/common';
import { ConfigurationService } from '../../../../config/configuration.service.js';
import { DeployError, messageOf } from '../../../../domain/errors.js';
import { actionOf, afterHook, listOf, type HookRun } from '../../../../domain/rollout/hooks.js';
import type {
  ExecHook,
  HookAction,
  HookList,
  HttpHook,
} from '../../../../domain/settings/hook-settings.js';
import { quoted } from '../../../../domain/quoted.js';
import { redacted, secretValuesIn } from '../../../../domain/secrets/redaction.js';
import type { ContainerState } from '../../../../domain/rollout/container-state.js';
import { hookInWords } from '../../../../domain/rollout/plan/describe-step.js';
import { OutgoingCalls } from '../../../../outgoing/outgoing-calls.js';
import { Storage } from '../../../../storage/storage.js';
import { deploymentView } from '../../../../domain/deployment/deployment-view.js';
import { DeploymentLog } from '../../../deployment-log.js';
import { isEngineGone } from '../../health/health-watch.js';
import { runOneOff } from './hook-container.js';
import { HookOutput } from './hook-output.js';
import { hookRequest } from './hook-request.js';
import { withSecrets } from './hook-secrets.js';
import type { StepContext, StepResult } from '../step-context.js';

/** How much of a refusing answer is reported, in characters. */
const SHOWN_ANSWER = 200;

/** One action under way. */
interface Running {
  readonly list: HookList;
  readonly context: StepContext;
  readonly output: HookOutput;
  /** Aborts at the action's deadline and when the server stops. */
  readonly signal: AbortSignal;
}

/** Runs the actions of hooks, each within its timeout, and decides what their result means for the rollout. */
@Injectable()
export class HookRunner {
  constructor(
    private readonly storage: Storage,
    private readonly log: DeploymentLog,
    private readonly configuration: ConfigurationService,
    private readonly calls: OutgoingCalls,
  ) {}

  /**
   * Runs one action. An action that was interrupted is run again: at least once, not exactly once.
   * @throws the signal's reason when the server stops; EngineError if the engine went away.
   */
  async run(step: HookRun, context: StepContext): Promise<StepResult> {
    const { intent, observation } = context;
    const { onError } = actionOf(step, intent);
    const why = await this.whyItFailed(step, context);
    if (why === null) return { patch: afterHook(step, intent) };
    const message = `the hook ${hookInWords(step, intent)} failed: ${why}`;
    const isAfterAll = listOf(step) === 'onFailure';
    if (isAfterAll)
      return { patch: afterHook(step, intent, onError === 'abort'), problem: message };
    // Without an old container there is no rollback, and the new one serves.
    const { old, twin } = observation.snapshot;
    const isFinal = listOf(step) === 'after' && old === null && twin === null;
    if (onError === 'continue' || isFinal)
      return { patch: afterHook(step, intent), problem: message };
    return { failure: { code: 'hook-failed', message } };
  }

  private async whyItFailed(step: HookRun, context: StepContext): Promise<string | null> {
    const { intent } = context;
    const list = listOf(step);
    const action = withSecrets(actionOf(step, intent), this.configuredIn(list, context));
    if (action === null) {
      return 'its secrets are lost: the configuration no longer contains it as it was when the rollout started';
    }
    const secrets = secretValuesIn([this.configuration.current(), action]);
    const output = new HookOutput(secrets, (lines) =>
      this.log.appendAll(
        { id: intent.deployment, environment: intent.environment, service: intent.service },
        'info',
        lines.map((line) => `hook ${hookInWords(step, intent)} | ${line}`),
      ),
    );
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new Error('it took too long'));
    }, action.timeoutMs);
    try {
      const signal = AbortSignal.any([context.signal, timeout.signal]);
      return await this.attempt(action, { list, context, output, signal });
    } catch (error) {
      context.signal.throwIfAborted();
      if (timeout.signal.aborted) return timeoutMessage(action);
      if (isEngineGone(error)) throw error;
      return redacted(messageOf(error), secrets);
    } finally {
      clearTimeout(timer);
      await output.end();
    }
  }

  private async attempt(action: HookAction, running: Running): Promise<string | null> {
    const { list, context, output, signal } = running;
    const onLine = (line: string): void => {
      output.take(line);
    };
    switch (action.kind) {
      case 'exec':
        return withLastLine(await execute(action, context, onLine, signal), output);
      case 'run': {
        const oneOff = { hook: action, list, instance: this.storage.instanceId };
        return withLastLine(await runOneOff(oneOff, context, onLine, signal), output);
      }
      case 'http':
        return this.sendRequest(action, running);
    }
  }

  private async sendRequest(
    hook: HttpHook,
    { list, context, output, signal }: Running,
  ): Promise<string | null> {
    const { deployment: id, failure } = context.intent;
    const deployment = await this.storage.deployments.get(id);
    if (deployment === null) throw new DeployError('internal', 'the deployment is not in storage');
    const message = { event: list, deployment: deploymentView(deployment), failure };
    const { status, text } = await this.calls.send({
      ...hookRequest(hook, message, Date.now()),
      signal,
    });
    const isAccepted = status >= 200 && status <= 299;
    const summary = `${hook.origin} answered ${String(status)}`;
    if (isAccepted) output.take(summary);
    if (isAccepted) return null;
    if (status >= 300 && status <= 399) return `${summary}, and redirects are not followed`;
    const secrets = secretValuesIn([this.configuration.current(), hook]);
    const shown = redacted(text, secrets).slice(0, SHOWN_ANSWER);
    return shown === '' ? summary : `${summary}: ${quoted(shown)}`;
  }

  private configuredIn(list: HookList, { intent }: StepContext): readonly HookAction[] {
    const { environments } = this.configuration.current();
    const environment = environments.find(({ name }) => name === intent.environment);
    const service = environment?.services.find(({ name }) => name === intent.service);
    return service?.hooks[list] ?? [];
  }
}

async function execute(
  hook: ExecHook,
  { engine, observation }: StepContext,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const target = targetOf(hook, observation.snapshot);
  if (target?.status !== 'running') {
    return hook.in === 'serving'
      ? 'no container is serving'
      : `the ${hook.in} container is not running`;
  }
  const exitCode = await engine.hooks.execute(target.id, hook.command, onLine, signal);
  return exitCode === 0 ? null : `its command exited with code ${String(exitCode)}`;
}

function targetOf(
  hook: ExecHook,
  { old, twin, candidate }: StepContext['observation']['snapshot'],
): ContainerState | null {
  if (hook.in === 'old') return old ?? twin;
  if (hook.in === 'new') return candidate;
  return [old, twin, candidate].find((each) => each?.status === 'running') ?? null;
}

function timeoutMessage({ kind, timeoutMs }: HookAction): string {
  const message = `it did not end within ${String(timeoutMs / 1000)} s`;
  return kind === 'exec'
    ? `${message}, and its command may still be running in the container`
    : message;
}

function withLastLine(why: string | null, { lastLine }: HookOutput): string | null {
  return why === null || lastLine === null ? why : `${why}; its last line: ${quoted(lastLine)}`;
}
