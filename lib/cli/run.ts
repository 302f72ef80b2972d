/** The command line: finds the command, reads its options, runs it, and turns what happened into an exit code. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearestName } from '../base/nearest-name.ts';
import { SOFTWARE_VERSION } from '../jobs/shared/software-version.ts';
import type { Command } from './command.ts';
import { backtest } from './commands/backtest.ts';
import { evaluate } from './commands/evaluate.ts';
import { exclude } from './commands/exclude.ts';
import { exportCommand } from './commands/export.ts';
import { fit } from './commands/fit.ts';
import { incidents } from './commands/incidents.ts';
import { plan } from './commands/plan.ts';
import { replay } from './commands/replay.ts';
import { score } from './commands/score.ts';
import { silence } from './commands/silence.ts';
import { simulateCommand } from './commands/simulate.ts';
import { status } from './commands/status.ts';
import { train } from './commands/train.ts';
import { trainJob } from './commands/train-job.ts';
import { validate } from './commands/validate.ts';
import { verdict } from './commands/verdict.ts';
import { explainEnvironment } from './environment-problem.ts';
import { EXIT_CODES, type ExitStatus, statusOfError } from './exit-code.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Host } from './host.ts';
import { createOutput, type Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** In the order of help. */
export const COMMANDS: readonly Command[] = [
  exportCommand,
  train,
  trainJob,
  score,
  status,
  incidents,
  silence,
  verdict,
  exclude,
  replay,
  validate,
  plan,
  fit,
  evaluate,
  backtest,
  simulateCommand,
];

const COMMON_OPTIONS: ParseArgsOptionsConfig = {
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
};

/** @returns the exit code */
export async function runCli(args: readonly string[], host: Host): Promise<number> {
  const [name, ...rest] = isHelpOfCommand(args) ? [...args.slice(1), '--help'] : args;
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) return answerWithoutCommand(name, host);
  // Before anything can fail, so that a bad option is told in the form that was asked for.
  const output = createOutput(host, {
    json: rest.includes('--json'),
    verbose: rest.includes('--verbose') || rest.includes('-v'),
  });
  try {
    const { values, positionals } = parseOptions(command, rest);
    if (values.help === true) {
      host.stdout.write(`${commandHelp(command)}\n`);
      return EXIT_CODES.ok.code;
    }
    const outcome = await command.run({ operands: positionals, values, host, output });
    return finish(command, outcome, output);
  } catch (thrown) {
    const error = explainEnvironment(thrown);
    output.error(error);
    return finish(command, statusOfError(error), output);
  }
}

/** Programs get the outcome in words too. */
function finish({ name }: Command, outcome: ExitStatus, output: Output): number {
  const { code, meaning } = EXIT_CODES[outcome];
  output.print('result', undefined, { command: name, outcome, exitCode: code, meaning });
  return code;
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parseOptions(
  command: Command,
  args: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: joinNegatives(args, command),
      options: { ...COMMON_OPTIONS, ...command.options },
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Values, positionals };
  } catch (error) {
    const unknown =
      error instanceof Error ? /^Unknown option '--([^']*)'/.exec(error.message)?.[1] : undefined;
    if (unknown !== undefined) throw new UsageError(sayUnknown(unknown, command));
    throw new UsageError(
      `${error instanceof Error ? error.message : String(error)}; see tidewatch ${command.name} --help`,
    );
  }
}

/** `--for -2h` is `--for=-2h`: what is no option is a value, which the command refuses by what it is. */
function joinNegatives(args: readonly string[], { options }: Command): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1)?.replace(/^--/, '');
    const isValue = /^-\d/.test(arg) && before !== undefined && options[before]?.type === 'string';
    if (isValue) joined[joined.length - 1] += `=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function sayUnknown(option: string, { name, options }: Command): string {
  const known = [...Object.keys(options), ...Object.keys(COMMON_OPTIONS)];
  const near = known.find((each) => each.startsWith(option)) ?? nearestName(option, known);
  return `${name} has no option --${option}${near === undefined ? '' : `; did you mean --${near}?`}; see tidewatch ${name} --help`;
}

/** `help COMMAND` is `COMMAND --help`. */
function isHelpOfCommand([first, second]: readonly string[]): boolean {
  return first === 'help' && second !== undefined && !second.startsWith('-');
}

function answerWithoutCommand(name: string | undefined, host: Host): number {
  if (name === '--version' || name === '-V' || name === 'version') {
    host.stdout.write(`tidewatch ${SOFTWARE_VERSION}\n`);
    return EXIT_CODES.ok.code;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    host.stdout.write(`${generalHelp(COMMANDS)}\n`);
    return EXIT_CODES.ok.code;
  }
  const near =
    name &&
    nearestName(
      name,
      COMMANDS.map((command) => command.name),
    );
  const problem =
    name === undefined
      ? 'no command given'
      : `there is no command ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : ''}`;
  host.stderr.write(`error: ${problem} (usage)\n\n${generalHelp(COMMANDS)}\n`);
  return EXIT_CODES.usage.code;
}
