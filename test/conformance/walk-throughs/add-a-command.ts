/** A command that says its operands again. */
import type { WalkThrough } from './contract.ts';

const NAME = 'added';

export const addCommand: WalkThrough = {
  heading: 'Add a command',
  placeholders: { NAME },
  declare(copy) {
    copy.write(`lib/cli/commands/${NAME}.ts`, COMMAND);
    const run = 'lib/cli/run.ts';
    copy.insertBehind(run, 'export const COMMANDS: readonly Command[] = [\n', `  ${NAME},\n`);
    copy.insertBehind(
      run,
      "import { backtest } from './commands/backtest.ts';\n",
      `import { ${NAME} } from './commands/${NAME}.ts';\n`,
    );
    const page = 'docs/cli.md';
    copy.write(
      page,
      `${copy.read(page)}\n## ${NAME}\n\n<!-- help ${NAME}: node scripts/make-cli-docs.ts -->\n<!-- /help ${NAME} -->\n`,
    );
  },
  missingIn: [],
  complete(copy) {
    copy.succeed(['scripts/make-docs.ts']);
    const tests = 'test/unit/cli/run.test.ts';
    copy.write(tests, copy.read(tests) + OWN_TEST);
  },
  suites: ['test/unit/cli/run.test.ts', 'test/unit/docs/cli.test.ts'],
  alsoNamed: ['help names every command', 'docs/cli'],
};

/** In a text that begins a line with the word, other tests would take it for an export of this file. */
const EXPORT = 'export';

const COMMAND = `import { type Command, textOptions } from '../command.ts';
import { UsageError } from '../usage-error.ts';

${EXPORT} const ${NAME}: Command = {
  name: '${NAME}',
  operands: 'WORD…',
  summary: 'say words again',
  optionsHelp: [['--between TEXT', 'what stands between them: a space by default']],
  examples: ['tidewatch ${NAME} one two'],
  options: textOptions('between'),
  async run({ operands, values, output }) {
    if (operands.length === 0) throw new UsageError('${NAME} needs at least one WORD');
    output.print('said', operands.join(String(values.between ?? ' ')), { words: operands });
    return 'ok';
  },
};
`;

const OWN_TEST = `
test('${NAME}: says its words, for people and for programs, and tells what is wrong', async () => {
  const store = createMemoryObjectStore();
  const said = await runTestCli(['${NAME}', 'one', 'two', '--between', '-'], store);
  assert.deepEqual([said.code, said.stdout], [0, 'one-two\\n']);
  const { lines } = await runTestCli(['${NAME}', 'one', '--json'], store);
  assert.deepEqual(lines[0]?.words, ['one']);
  assert.equal((await runTestCli(['${NAME}'], store)).code, 2);
});
`;
