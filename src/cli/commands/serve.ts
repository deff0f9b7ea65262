import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { BadInput } from '../../config/bad-input.ts';
import { loadGateway, type Gateway } from '../../config/load-gateway.ts';
import type { HitLineOptions } from '../../proxy/watch/index.ts';
import { LOG_LEVELS, type LogLevel } from '../../proxy/watch/log-levels.ts';
import { oneCoreAdvice } from '../one-core-advice.ts';
import { printJson } from '../print-json.ts';
import { speedOption } from '../speed-option.ts';
import { takeStopSignal } from '../stop-signal.ts';
import { readVersion } from '../version.ts';
import { keepNewObjectsYoung } from '../young-objects.ts';

interface ServeOptions {
  readonly config: string;
  readonly speed: number;
  readonly logLevel: LogLevel;
  readonly hits: 'auto' | 'always' | 'never';
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  tokenpool serve                                  token-pool.yaml in this folder, on 127.0.0.1:3301
  tokenpool serve --config pools/production.yaml
  curl http://127.0.0.1:3301/openai/v1/models

SIGHUP reads the configuration again: pool, policy and client keys change without a dropped request, and a file with a
mistake changes nothing. SIGTERM and Ctrl-C let the requests under way end first.`;

/** `serve`: the live proxy, until told to stop. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('the live proxy: an OpenAI-compatible gateway over the pool, every decision logged')
    .option('--config <file>', 'the pool and how it is served', 'token-pool.yaml')
    .addOption(speedOption('with twins of that speed: how much faster than life time goes', 1))
    .addOption(
      new Option('--log-level <level>', 'of the service log on standard error, one JSON object a line')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addOption(
      new Option('--hits <when>', 'a line on standard error for each request that a route took; auto: on a terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--json', 'print {url, admin, policyHash, targets, log} as JSON once it listens')
    .addHelpText('after', EXAMPLES)
    .action(serve);
}

async function serve({ config, speed, logLevel, hits, json }: ServeOptions): Promise<void> {
  if (!existsSync(config)) {
    throw new BadInput(`${config}: there is no such file; name one with --config (the README shows what it holds)`);
  }
  keepNewObjectsYoung();
  // Loaded by whoever serves, not by every other command.
  const { startProxy } = await import('../../proxy/start-proxy.ts');
  const { createServiceLogger } = await import('../../proxy/watch/index.ts');
  let latest = loadGateway(config, process.env);
  const gateway = latest;
  const loadAgain = (): Gateway => {
    latest = loadGateway(config, process.env);
    return latest;
  };
  const logger = createServiceLogger({ level: logLevel, secrets: () => latest.secrets() });
  const warn = (line: string): void => logger.warn(line);
  const advice = oneCoreAdvice(availableParallelism(), process.execArgv);
  if (advice !== null) logger.info({ event: 'start' }, advice);
  const stop = takeStopSignal();
  try {
    const hitLines = hitLinesFor(hits);
    const proxy = await startProxy({ gateway, loadAgain, warn, speed, logger, hitLines, version: readVersion() });
    const reload = (): void => {
      try {
        proxy.reload();
      } catch (error) {
        // What is wrong with a file takes a line; the stack is for what is wrong with the program.
        if (error instanceof BadInput)
          logger.warn({ event: 'reload' }, `a reload was refused: ${error.message}; nothing was changed`);
        else logger.error({ event: 'reload', err: error }, 'a reload failed');
      }
    };
    process.on('SIGHUP', reload);
    let signal: string | undefined;
    try {
      const targets = gateway.pool.targets.length;
      const admin = gateway.adminTokenHash !== null;
      if (json === true) {
        printJson({ url: proxy.url, admin, policyHash: gateway.policy.hash, targets, log: gateway.logFolder });
      } else {
        process.stdout.write(`tokenpool: ${targets} targets at ${proxy.url}/openai/v1 (${gateway.policy.name})\n`);
        if (admin && gateway.form.admin.console) process.stdout.write(`tokenpool: console at ${proxy.url}/console\n`);
        process.stdout.write(`tokenpool: decisions go to ${gateway.logFolder}; Ctrl-C ends it\n`);
      }
      signal = await stop.told;
    } finally {
      process.off('SIGHUP', reload);
      await proxy.close(signal);
    }
  } finally {
    stop.release();
  }
}

function hitLinesFor(hits: ServeOptions['hits']): HitLineOptions | undefined {
  const isTerminal = process.stderr.isTTY;
  if (hits === 'never' || (hits === 'auto' && !isTerminal)) return undefined;
  const hasColours = isTerminal && process.env['NO_COLOR'] === undefined;
  return { hasColours, write: (line) => void process.stderr.write(`${line}\n`) };
}
