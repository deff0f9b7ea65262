import { Command } from 'commander';
import { exhaustedBudgets, hasExhaustedBudget } from '../../log/exhausted-budgets.ts';
import { explainRequest, type ExplainedDecision, type RequestExplanation } from '../../log/explain-request.ts';
import { openLog, type LogReader } from '../../log/log-reader.ts';
import { explanationText } from '../explanation-text.ts';
import { printJson } from '../print-json.ts';
import { printNotes } from '../print-notes.ts';

interface ExplainOptions {
  readonly log: string;
  readonly json?: boolean;
}

/** `explain REQUEST_ID --log FILE`: why a request went where it went. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('say why a request went where it went: each decision with its candidates, and what came of it')
    .argument('<request-id>', 'id of a request in the log')
    .requiredOption('--log <path>', 'decision log: the file of a run, or the folder of a live log')
    .option('--json', 'print the decisions and outcomes as JSON')
    .action(explain);
}

async function explain(requestId: string, options: ExplainOptions): Promise<void> {
  const reader = await openLog(options.log);
  try {
    printNotes(reader.notes);
    const explanation = await withExhaustedBudgets(reader, await explainRequest(reader, requestId));
    if (options.json === true) printJson(explanation);
    else process.stdout.write(explanationText(explanation));
  } finally {
    reader.close();
  }
}

/** Names the budgets that kept candidates out; a running proxy leaves that out, for it takes a replay. */
async function withExhaustedBudgets(reader: LogReader, explanation: RequestExplanation): Promise<RequestExplanation> {
  const decisions: ExplainedDecision[] = [];
  for (const explained of explanation.decisions) {
    const { decision } = explained;
    if (!hasExhaustedBudget(decision)) decisions.push(explained);
    else decisions.push({ ...explained, exhausted: await exhaustedBudgets(reader, decision) });
  }
  return { ...explanation, decisions };
}
