/** What help prints, of all commands and of one; docs/cli.md has the same (scripts/cli-docs.ts). */
import type { Command, OptionHelp } from './command.ts';
import { EXIT_CODES } from './exit-code.ts';

/** Columns that an option may take beside its text; a longer one has a line of its own. */
const MOST_OPTION_COLUMNS = 26;

/** Of every command. */
export const COMMON_HELP: readonly OptionHelp[] = [
  ['--json', 'one JSON object a line on standard output, the same things told for programs'],
  ['-v, --verbose', 'log lines of the jobs, and the stack of an error'],
  ['-h, --help', 'this text'],
];

export function generalHelp(commands: readonly Command[]): string {
  const labels = commands.map(nameWithOperands);
  const width = Math.max(...labels.map(({ length }) => length)) + 2;
  return [
    'Usage: tidewatch COMMAND [OPTION…]',
    '',
    'Commands (tidewatch help COMMAND tells more):',
    ...commands.map(({ summary }, i) => `  ${labels[i]!.padEnd(width)}${summary}`),
    '',
    'tidewatch --version tells which one this is.',
    '',
    ...environmentHelp(),
    '',
    ...exitCodeHelp(),
  ].join('\n');
}

export function commandHelp(command: Command): string {
  return [
    ...usageHelp(command, [...command.optionsHelp, ...COMMON_HELP]),
    '',
    ...environmentHelp(),
    '',
    ...exitCodeHelp(),
  ].join('\n');
}

/** How a command is called, and with what: the part of its help that is its own. */
export function usageHelp(
  { name, operands, summary, examples }: Command,
  options: readonly OptionHelp[],
): readonly string[] {
  return [
    `Usage: tidewatch ${name} [OPTION…] ${operands}`.trimEnd(),
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    'Options:',
    ...renderOptions(options),
    '',
    'Examples:',
    ...examples.map((line) => `  ${line}`),
  ];
}

/** Such as `train [DETECTOR…]`. */
export function nameWithOperands({ name, operands }: Command): string {
  return `${name} ${operands}`.trimEnd();
}

/** All texts begin in one column. */
export function renderOptions(options: readonly OptionHelp[]): readonly string[] {
  const lengths = options.map(([option]) => option.length).filter((length) => length <= MOST_OPTION_COLUMNS);
  const width = Math.max(...lengths) + 2;
  return options.flatMap(([option, text]) => {
    const lines = option.length <= MOST_OPTION_COLUMNS ? text.split('\n') : ['', ...text.split('\n')];
    return lines.map((line, i) => `  ${(i === 0 ? option : '').padEnd(width)}${line}`.trimEnd());
  });
}

function environmentHelp(): string[] {
  return [
    'Where the bucket and the topic are is up to the AWS environment: AWS_PROFILE, AWS_REGION,',
    'AWS_ACCESS_KEY_ID, …, and AWS_ENDPOINT_URL for the local emulator or another S3.',
  ];
}

function exitCodeHelp(): string[] {
  return [
    'Exit codes:',
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padEnd(4)}${meaning}`),
  ];
}
