import { Command } from 'commander';
import { openTrace } from '../../../datasets/index.ts';
import type { TrafficResult } from '../../../simulator/traffic/traffic-result.ts';
import { BadInput } from '../../config/bad-input.ts';
import { loadScenario } from '../../config/load-scenario.ts';
import { CheckFailed } from '../check-failed.ts';
import { readClientSecrets, readSecret } from '../client-secrets.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { progressBar } from '../progress-bar.ts';
import { speedOption } from '../speed-option.ts';
import { takeStopSignal } from '../stop-signal.ts';
import { trafficText } from '../traffic-text.ts';

interface TrafficOptions {
  readonly url: string;
  readonly speed: number;
  readonly requests?: number;
  readonly concurrencyMax: number;
  readonly keyFile?: string;
  readonly keysFile?: string;
  readonly scenario?: string;
  readonly model?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  tokenpool traffic trace.parquet --url http://127.0.0.1:3301/openai/v1
  TOKEN_POOL_KEY=... tokenpool traffic trace.parquet --url http://127.0.0.1:3301/v1 --speed 60 --requests 5000
  tokenpool traffic trace.parquet --url http://127.0.0.1:3301/v1 --keys-file keys.yaml --scenario provider-outage --json

keys.yaml holds a secret for each client key of the trace, such as "default: sk-...". Requests are sent when they are
due, whether or not earlier ones have ended; those for which --concurrency-max leaves no room are counted as held back.
Ctrl-C ends it and prints what is known. Rows of protocol openai-embeddings go to /embeddings. Rows with steering say
it in headers (x-token-pool-session, -conversation, -resume, -route), metadata (bans), markers <**...**> in the user's
latest message, and the shape of the messages. Exit code 1: not one request was answered.`;

/** `traffic TRACE`: replays a trace against a live endpoint, open loop, and says how well it kept to its schedule. */
export function trafficCommand(): Command {
  return new Command('traffic')
    .description('replay a trace against a live endpoint, open loop, at a chosen speed')
    .argument('<trace>', 'canonical trace (Parquet)')
    .requiredOption('--url <url>', 'base URL of an OpenAI-compatible API, for example http://127.0.0.1:3301/openai/v1')
    .addOption(speedOption('how much faster than recorded; the twins have the same default', 10))
    .addOption(numberOption('--requests <n>', 'send the first so many only', { min: 1, integer: true }))
    .addOption(
      numberOption('--concurrency-max <n>', 'most requests open at once', { min: 1, integer: true }).default(4_096),
    )
    .option('--key-file <file>', 'file with the key to come with (default: the variable TOKEN_POOL_KEY)')
    .option('--keys-file <file>', 'YAML or JSON file with a secret for each client key of the trace')
    .option('--scenario <name>', "leave as the scenario's clients do when they have to wait too long")
    .option('--model <name>', 'ask for this model, whatever the trace says')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(traffic);
}

async function traffic(path: string, options: TrafficOptions): Promise<void> {
  if (options.model?.trim() === '') throw new BadInput('--model: is empty; name a model, or leave the option out');
  const { runTraffic } = await import('../../../simulator/traffic/run-traffic.ts');
  const clients = options.scenario === undefined ? undefined : loadScenario(options.scenario).scenario.clients;
  const secret = readSecret(options.keyFile);
  const secretByClientKey = readClientSecrets(options.keysFile);
  const trace = await openTrace(path);
  if (trace.requests === 0) throw new BadInput(`${path}: the trace has no requests; there is nothing to send`);
  const bar = progressBar('traffic', Math.min(trace.requests, options.requests ?? Infinity));
  const stop = takeStopSignal();
  try {
    const result = await runTraffic({
      trace,
      url: options.url,
      speed: options.speed,
      requestsMax: options.requests,
      concurrencyMax: options.concurrencyMax,
      secret,
      secretByClientKey,
      model: options.model,
      clients,
      signal: stop.signal,
      onProgress: (rows) => bar.update(rows),
    });
    bar.stop();
    if (options.json === true) printJson(result);
    else process.stdout.write(`${trafficText(result)}\n`);
    if (result.sent > 0 && result.outcomes.success === 0 && !result.interrupted) {
      throw new CheckFailed(noAnswer(result));
    }
  } finally {
    stop.release();
    bar.stop();
  }
}

/** The most frequent reason, and where to look first. */
function noAnswer({ url, sent, errors }: TrafficResult): string {
  const [reason = 'no answer in time'] = Object.entries(errors)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name]) => name);
  const advice = reason.startsWith('404')
    ? 'is the address that of an API, such as http://127.0.0.1:3301/v1, and the model one that it has?'
    : 'see its own log for the reason';
  return `--url ${url}: none of ${sent} requests was answered (mostly: ${reason}); ${advice}`;
}
