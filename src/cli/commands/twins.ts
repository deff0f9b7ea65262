import { Command } from 'commander';
import { startTwins, type Twins } from '../../../simulator/twin-server/start-twins.ts';
import { BadInput } from '../../config/bad-input.ts';
import { BUILT_IN_SCENARIOS, loadScenario } from '../../config/load-scenario.ts';
import { numberOption } from '../number-option.ts';
import { printJson } from '../print-json.ts';
import { seedOption } from '../seed-option.ts';
import { speedOption } from '../speed-option.ts';
import { takeStopSignal } from '../stop-signal.ts';
import { checkTwinPoolPath, serveCommandText, twinPoolText, writeTwinPool } from '../twin-pool-file.ts';

interface TwinsOptions {
  readonly scenario: string;
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  readonly writePool?: string;
  readonly json?: boolean;
}

const PORT_MAX = 65_535;
const EXAMPLES = `
Examples:
  tokenpool twins --scenario calm-day                        free ports, ten times as fast as life
  tokenpool twins --scenario provider-outage --speed 60 --write-pool twins.yaml
  curl http://127.0.0.1:PORT/twins                           what they are doing
  curl -X POST http://127.0.0.1:PORT/twins/reset             scenario time 0 again

The secret of a key is twin-PROVIDER-ALIAS. A minute of the scenario takes 60 / SPEED seconds: latencies, faults, rate
limits and Retry-After shrink alike. They run until Ctrl-C.`;

/** `twins`: a scenario's twins as HTTP servers on loopback, until told to stop. */
export function twinsCommand(): Command {
  return new Command('twins')
    .description("a scenario's twins as real HTTP servers on loopback, in the form of the OpenAI API")
    .requiredOption('--scenario <name>', `${BUILT_IN_SCENARIOS.join(', ')}, or a scenario file`)
    .addOption(
      numberOption('--port <n>', 'of the status page; providers take the ports after it; 0 = any', {
        min: 0,
        integer: true,
      }).default(0),
    )
    .addOption(speedOption('how much faster than life', 10))
    .addOption(seedOption())
    .option('--write-pool <file>', 'write a pool file with the twins as providers, and their secrets beside it')
    .option('--json', 'print addresses, keys and the pool as JSON')
    .addHelpText('after', EXAMPLES)
    .action(twins);
}

async function twins(options: TwinsOptions): Promise<void> {
  const { scenario } = loadScenario(options.scenario);
  const { seed, speed, port, writePool } = options;
  const ports = new Set(scenario.pool.targets.map(({ provider }) => provider)).size + 1;
  if (port + ports - 1 > PORT_MAX) {
    throw new BadInput(
      `--port ${port}: ${ports} ports are needed and there are none above ${PORT_MAX}; name a lower one`,
    );
  }
  if (writePool !== undefined) checkTwinPoolPath(writePool);
  const stop = takeStopSignal();
  try {
    const running = await startTwins({ scenario, seed, speed, port });
    try {
      if (writePool !== undefined) await writeTwinPool(writePool, scenario, running);
      const pool = twinPoolText(scenario, running);
      if (options.json === true) {
        const { statusUrl, providers } = running;
        printJson({ scenario: scenario.name, seed, speed, statusUrl, providers, pool, poolFile: writePool ?? null });
      } else {
        const serving = writePool === undefined ? '' : `# serve it: ${serveCommandText(writePool, speed)}\n`;
        process.stdout.write(
          `${writePool === undefined ? pool : `pool: ${writePool}\n`}# status: ${running.statusUrl}, ${speed} times as fast as life; Ctrl-C ends it\n${serving}`,
        );
      }
      await stop.told;
      if (options.json !== true) process.stdout.write(`# ${lastWords(running)}\n`);
    } finally {
      await running.stop();
    }
  } finally {
    stop.release();
  }
}

function lastWords(running: Twins): string {
  const { nowMs, providers } = running.status();
  const tallies = providers.flatMap(({ targets }) => targets);
  const sum = (of: (tally: (typeof tallies)[number]) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const requests = sum((tally) => tally.requests);
  const successes = sum(({ outcomes }) => outcomes.success);
  return `${(nowMs / 60_000).toFixed(1)} minutes of the scenario, ${requests} requests, ${successes} answered in full`;
}
