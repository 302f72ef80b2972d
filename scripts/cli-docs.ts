/** The generated parts of docs/cli.md: commands, exit codes, and of each command what its help prints. */
import { EXIT_CODES } from '../lib/cli/exit-code.ts';
import { COMMON_HELP, nameWithOperands, renderOptions, usageHelp } from '../lib/cli/help.ts';
import { COMMANDS } from '../lib/cli/run.ts';
import { placePart } from './place-part.ts';

/** `text` with the commands as they are. @throws Error where a mark is missing */
export function placeCliDocs(text: string): string {
  const parts = new Map([
    ['commands', renderCommands()],
    ['exit codes', renderExitCodes()],
    ['common options', fence(renderOptions(COMMON_HELP))],
    ...COMMANDS.map(
      (command) => [`help ${command.name}`, fence(usageHelp(command, command.optionsHelp))] as const,
    ),
  ]);
  return [...parts].reduce(
    (page, [name, content]) => placePart(page, { name, script: 'make-cli-docs.ts' }, content),
    text,
  );
}

function renderCommands(): string {
  const rows = COMMANDS.map(
    (command) =>
      `| [\`${nameWithOperands(command).replaceAll('|', '\\|')}\`](#${command.name}) | ${command.summary} |`,
  );
  return ['| command | what it does |', '| --- | --- |', ...rows].join('\n');
}

function renderExitCodes(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return ['| exit code | |', '| --- | --- |', ...rows].join('\n');
}

function fence(lines: readonly string[]): string {
  return ['```text', ...lines, '```'].join('\n');
}
