/** A kind that is `robust-z` under another name. */
import type { WalkThrough } from './contract.ts';

const KIND = 'added-kind';
const LIKE = 'robust-z';
/** Its fixtures stay those of the kind that it is like. */
const WORDS = {
  [`fixtures/${LIKE}`]: 'FIXTURES',
  [LIKE]: KIND,
  robustZ: 'addedKind',
  FIXTURES: `fixtures/${LIKE}`,
};

export const addModel: WalkThrough = {
  heading: 'Add a model',
  placeholders: { KIND },
  declare(copy) {
    copy.copyRenamed(`lib/models/kinds/${LIKE}`, `lib/models/kinds/${KIND}`, WORDS);
    copy.insertBehind(
      'lib/config/model-kind.ts',
      'const KINDS = {\n',
      `  '${KIND}': { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 1 },\n`,
    );
  },
  missingIn: ['lib/models/registry.ts'],
  complete(copy) {
    copy.insertBehind(
      'lib/models/registry.ts',
      'const LOADERS = {\n',
      `  '${KIND}': async () => eraseParams((await import('./kinds/${KIND}/model.ts')).addedKind),\n`,
    );
    copy.succeed(['scripts/make-schema.ts']);
    copy.succeed(['scripts/reference/model-artifact.ts', KIND]);
    copy.copyRenamed(`test/unit/models/kinds/${LIKE}`, `test/unit/models/kinds/${KIND}`, WORDS);
    copy.copyRenamed(`docs/models/${LIKE}.md`, `docs/models/${KIND}.md`, WORDS);
    copy.succeed(['scripts/make-docs.ts']);
    copy.insertBehind(
      'docs/models.md',
      '| cost: fit / score |\n| --- | --- | --- | --- | --- | --- |\n',
      `| [\`${KIND}\`](models/${KIND}.md) | rows | faults | | in one go | 1 / 1 |\n`,
    );
    copy.insertBehind('README.md', '| `ensemble` | ', `, |\n| \`${KIND}\` | `);
  },
  suites: [
    'test/conformance/model.test.ts',
    'test/conformance/model-artifacts.test.ts',
    'test/unit/models/registry.test.ts',
    'test/unit/docs/documents.test.ts',
    'test/unit/docs/manifest.test.ts',
    'test/unit/docs/models.test.ts',
    'test/unit/config/schema.test.ts',
    `test/unit/models/kinds/${KIND}/score.test.ts`,
  ],
  alsoNamed: ['every kind', 'parameters', 'schema', 'docs/'],
};
