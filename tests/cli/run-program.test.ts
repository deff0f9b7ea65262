import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { CheckFailed } from '../../src/cli/check-failed.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runProgram } from '../../src/cli/run-program.ts';
import { BadInput } from '../../src/config/bad-input.ts';

/** Runs a program whose only command does `action`; gives the exit code and what standard error got. */
async function run(action: () => void | Promise<void>, ...args: string[]) {
  const program = new Command('tokenpool').option('--debug');
  program.addCommand(new Command('act').requiredOption('--to <place>').action(action));
  const lines: string[] = [];
  const code = await runProgram(program, ['node', 'tokenpool', ...args], (text) => lines.push(text));
  return { code, error: lines.join('') };
}

const act = (action: () => void | Promise<void>, ...more: string[]) => run(action, 'act', '--to', 'x', ...more);

describe('runProgram', () => {
  it('gives 0 and says nothing when a command is done', async () => {
    expect(await act(() => undefined)).toEqual({ code: 0, error: '' });
  });

  it('waits for a command that takes its time', async () => {
    const late = async () => {
      await Promise.resolve();
      throw new CheckFailed('3 of 5 decisions differ');
    };
    expect(await act(late)).toEqual({ code: 1, error: 'tokenpool: 3 of 5 decisions differ\n' });
  });

  it('gives 2 and one line for bad input', async () => {
    const bad = () => {
      throw new BadInput('policy.yaml:3:1: mode: unknown\n  field');
    };
    expect(await act(bad)).toEqual({ code: 2, error: 'tokenpool: policy.yaml:3:1: mode: unknown field\n' });
  });

  it('gives 2 and one line for a file that cannot be opened', async () => {
    const { code, error } = await act(() => void readFileSync('/no/such/file'));
    expect(code).toBe(2);
    expect(error).toBe('tokenpool: /no/such/file: there is no such file; check its path\n');
  });

  it('gives 70 for a bug, which is no answer', async () => {
    const bug = () => {
      throw new TypeError('x is undefined');
    };
    expect(await act(bug)).toEqual({
      code: 70,
      error: 'tokenpool: internal error: x is undefined (run again with --debug for the stack)\n',
    });
  });

  it('shows the stack under --debug only', async () => {
    const bad = () => {
      throw new BadInput('no');
    };
    expect((await act(bad, '--debug')).error).toMatch(/^tokenpool: no\nBadInput: no\n {4}at /);
  });

  it.each([
    [['act'], "tokenpool: required option '--to <place>' not specified (see --help)\n"],
    [['act', '--to', 'x', '--from'], "tokenpool: unknown option '--from' (see --help)\n"],
    [['fly'], "tokenpool: unknown command 'fly' (see --help)\n"],
    [['act', '--to', 'a', 'b'], /^tokenpool: too many arguments.*\(see --help\)\n$/],
  ])('gives 2 and one line for %j', async (args, line) => {
    const { code, error } = await run(() => undefined, ...args);
    expect(code).toBe(2);
    expect(error).toMatch(line);
  });

  it('gives 2 and the help when there is no command', async () => {
    const { code, error } = await run(() => undefined);
    expect(code).toBe(2);
    expect(error).toMatch(/^Usage: tokenpool/);
  });
});

/** The commands that do something, each with its full name; a group such as `import` stands for its members. */
function leavesOf(command: Command, name: string): (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[name, command]];
  return command.commands.flatMap((child) => leavesOf(child, `${name} ${child.name()}`.trim()));
}

const program = await buildProgram([]);

describe('every command', () => {
  it('has a description and a place of its own', () => {
    expect(program.commands.length).toBeGreaterThan(0);
    for (const command of program.commands) expect(command.description(), command.name()).not.toBe('');
    const names = program.commands.map((command) => command.name());
    expect(new Set(names).size).toBe(names.length);
  });

  it('is loaded alone when it is asked for, under the name that it has', async () => {
    for (const full of program.commands.map((command) => command.name())) {
      const { commands } = await buildProgram([full, '--help']);
      expect(commands.map((command) => command.name())).toEqual([full]);
    }
    expect((await buildProgram(['--version'])).commands).toEqual([]);
    expect((await buildProgram(['nonsense'])).commands).toHaveLength(program.commands.length);
  });

  it.each(leavesOf(program, ''))('%s takes --json', (_, command) => {
    expect(command.options.some(({ long }) => long === '--json')).toBe(true);
  });
});
