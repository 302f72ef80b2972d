/** A source that is Prometheus under another name, without signing in. */
import type { WalkThrough } from './contract.ts';

const VARIABLE = 'TIDEWATCH_ADDED_URL';
const SETTINGS = 'lib/config/settings.ts';

export const addSource: WalkThrough = {
  heading: 'Add a source',
  placeholders: { NAME: 'added' },
  declare(copy) {
    copy.copyRenamed('lib/source/prometheus-source.ts', 'lib/source/added-source.ts', {
      createPrometheusSource: 'createAddedSource',
      PrometheusSourceOptions: 'AddedSourceOptions',
      'export const MAX_POINTS': 'const MAX_POINTS',
    });
    const kinds = 'lib/config/source-settings.ts';
    copy.insertBehind(kinds, 'export type SourceSettings = ', 'AddedSettings | ');
    copy.write(
      kinds,
      `${copy.read(kinds)}
export interface AddedSettings {
  readonly kind: 'added';
  readonly url: string;
  readonly concurrency?: number;
}
`,
    );
    copy.insertBehind(SETTINGS, 'const PURPOSES = {\n', `  ${VARIABLE}: 'the source that was added',\n`);
    copy.insertBehind(
      SETTINGS,
      '  source: read',
      `AddedOrPrometheus,
  // read`,
    );
    copy.insertBehind(SETTINGS, '  source: [', `'${VARIABLE}', `);
    copy.write(SETTINGS, copy.read(SETTINGS) + READER);
  },
  missingIn: ['lib/source/open-source.ts', 'test/conformance/source.test.ts'],
  complete(copy) {
    const open = 'lib/source/open-source.ts';
    copy.insertBehind(
      open,
      '  switch (settings.kind) {\n',
      `    case 'added': {
      const { url, concurrency } = settings;
      const asked = { kind: 'prometheus', url, auth: { kind: 'none' }, headers: {}, ...(concurrency && { concurrency }) } as const;
      return createAddedSource({ ...host, endpoint: await resolveEndpoint(asked, host) });
    }
`,
    );
    copy.write(open, `import { createAddedSource } from './added-source.ts';\n${copy.read(open)}`);
    const suite = 'test/conformance/source.test.ts';
    const mark = '= {\n  prometheus: async ({ known, deadline }) => {\n';
    const text = copy.read(suite);
    const end = text.indexOf('\n  },\n};\n', text.indexOf(mark));
    const like = text.slice(text.indexOf(mark) + '= {\n  prometheus'.length, end);
    copy.insertBehind(
      suite,
      "{ readonly [Kind in SourceSettings['kind']]: Implementation } = {\n",
      `  added${like.replace("{ kind: 'prometheus', url: fake.url, auth: { kind: 'none' }, headers: {} }", "{ kind: 'added', url: fake.url }")}\n  },\n`,
    );
    copy.write('test/unit/source/added-source.test.ts', OWN_TEST);
    copy.insertBehind('serverless.yml', '\n      TIDEWATCH_PROMETHEUS_URL:', ` ''\n      ${VARIABLE}:`);
  },
  suites: ['test/conformance/source.test.ts', 'test/unit/source/added-source.test.ts'],
  alsoNamed: [],
};

const READER = `
function readAddedOrPrometheus(reader: Reader): SourceSettings {
  if (reader.optional('${VARIABLE}') === undefined) return readPrometheus(reader);
  return { kind: 'added', url: readUrl(reader, '${VARIABLE}') };
}
`;

const OWN_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../../lib/config/settings.ts';

test('the added source is opened by its own variable, and by no other', () => {
  const [added, url] = [{ ${VARIABLE}: 'http://added' }, 'http://prometheus'];
  assert.deepEqual(readSettings(added, [], ['source']).source, { kind: 'added', url: 'http://added' });
  assert.equal(readSettings({ TIDEWATCH_PROMETHEUS_URL: url }, [], ['source']).source?.kind, 'prometheus');
  assert.equal(readSettings({}, [], ['source']).source, undefined);
});
`;
