/** What README.md says of the deployment's parameters is what serverless.yml has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseDuration } from '../../../lib/base/duration.ts';
import { readDailyTime } from '../../../lib/config/daily-time.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { parseManifest } from '../../../lib/config/manifest.ts';
import { COST_ITEMS, totalOf } from '../../../lib/jobs/plan/costs.ts';
import { planDeployment } from '../../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../../lib/jobs/plan/price-table.ts';

const ROOT = join(import.meta.dirname, '../../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const TEMPLATE = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as {
  readonly params: { readonly default: Readonly<Record<string, string>> };
};
const DEFAULTS = TEMPLATE.params.default;
/** Rows of the table: the cell of names, that of defaults, and the text. */
const ROWS = [...README.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (.*?) \|(.*)\|$/gm)]
  .map(([, names, defaults, text]) => ({
    names: [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    defaults: defaults!.replaceAll('`', '').split(', '),
    text: text!,
  }))
  .filter(({ names }) => names.every((name) => Object.hasOwn(DEFAULTS, name)));

test('every parameter of serverless.yml is in the table of README.md', () => {
  const told = new Set(ROWS.flatMap(({ names, text }) => [...names, ...text.split(/\W+/)]));
  assert.deepEqual(
    Object.keys(DEFAULTS).filter((name) => !told.has(name)),
    [],
  );
});

test('defaults of README.md are those of serverless.yml, where it has one', () => {
  for (const { names, defaults } of ROWS)
    for (const [i, name] of names.entries()) {
      const has = DEFAULTS[name]!;
      if (has !== '' && !has.startsWith('$'))
        assert.equal(defaults[i] ?? defaults[0], has, `${name} of README.md`);
    }
});

test('defaults of README.md for incidents are those of the code', () => {
  const told = Object.fromEntries(
    ROWS.flatMap(({ names, defaults }) => names.map((name, i) => [name, defaults[i] ?? ''])),
  );
  for (const name of ['groupWait', 'groupInterval', 'repeatInterval'] as const)
    assert.equal(parseDuration(told[name]!), DEFAULT_GROUPING[name], name);
  assert.equal(Number(told.incidentsADay), DEFAULT_GROUPING.incidentsADay);
  assert.deepEqual(readDailyTime(told.digestAt!), DEFAULT_GROUPING.digestAt);
});

test('docs/deploy.md has what a deployment costs when nothing happens, as tidewatch plan says it', () => {
  const detector = parseManifest(
    'kind: AnomalyDetector\nmetadata: { name: d }\nspec: { metrics: [{ name: cpu, query: cpu }] }\n',
    { source: 'd.yml' },
  );
  const { around } = planDeployment([{ detector, known: { entities: 1 } }], {
    age: 30,
    detectorMetrics: false,
    prices: DEFAULT_PRICES,
  });
  const page = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
  const [, section = ''] = page.split('## What it costs when nothing happens');
  const told = [...section.matchAll(/^\| (\w+) \| (\d+\.\d\d) \| (\d+\.\d\d) \|/gm)].map(
    ([, item, cost, beyondFree]) => `${item} ${cost} ${beyondFree}`,
  );
  const { costs, costsBeyondFree = assert.fail() } = around;
  const planned = COST_ITEMS.filter((item) => costs[item] > 0).map(
    (item) => `${item} ${costs[item].toFixed(2)} ${costsBeyondFree[item].toFixed(2)}`,
  );
  const all = [costs, costsBeyondFree].map((each) => totalOf(each).toFixed(2)).join(' ');
  assert.deepEqual(told.sort(), [...planned, `all ${all}`].sort());
});
