/** tidewatch validate tells everything at once, and everything that could not run. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findSyntaxProblem, readCheckedManifest } from '../../../lib/cli/check-manifest.ts';
import { parseManifest } from '../../../lib/config/manifest.ts';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');

async function refusal(text: string, source = 'x.yml', isPromql = true): Promise<string> {
  const error: unknown = await readCheckedManifest(text, { source, isPromql }).then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  return (error as Error).message;
}

test('wrong fields, contradictions, queries and parameters are told of in one go', async () => {
  assert.equal(
    await refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  stepp: 5m
  alert_severity: loud
  entity: [pod, pod]
  metrics:
    - { name: a, query: 'rate(x[5m' }
    - { name: A, query: 'sum by (pod) (up)' }
  model:
    kind: isolation-forest
    params: { tree: 5, trees: -1, sampleSize: x }
  threshold: { k: 9, n: 3 }
`),
    `x.yml: 9 problems
  spec.alert_severity (line 5) must be info or warning or critical, not "loud"
  spec.stepp (line 4) is no field of a manifest; did you mean step?
  spec.metrics[1].name (line 9) is "A", as is metrics[0].name but for case; SQL takes both for one column
  spec.entity (line 6) has "pod" twice
  spec.threshold.k (line 13) is 9; at most n, which is 3
  spec.metrics[0].query (line 8) is no PromQL: it ends too early, at character 10
  spec.model.params.tree (line 12) cannot be used: isolation-forest has no parameter tree; it has trees, sampleSize, window, extension
  spec.model.params.trees (line 12) cannot be used: isolation-forest trees is -1, not a whole number from 1 to 1000
  spec.model.params.sampleSize (line 12) cannot be used: isolation-forest sampleSize is "x", not a whole number from 2 to 4096`,
  );
});

test('what a wrong field may be the reason of is not told of', async () => {
  // 90s is a multiple of what step was meant to be.
  const told = await refusal(
    'kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { prometheus_query: up, step: 30 s, detection_window: 90s }',
  );
  assert.match(told, /^x\.yml: spec\.step \(line 3\) must be a duration/);
});

test('each member of an ensemble is looked at, with its own parameters', async () => {
  const told = await refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  model:
    kind: ensemble
    params:
      combine: loudest
      members:
        - { kind: pca, params: { lags: -1, lag: 2 } }
        - { kind: ensemble }
        - { kind: forest }
        - { kind: robust-z, wieght: 2 }
        - { kind: robust-z }
`);
  const problems = told.split('\n').slice(1);
  assert.deepEqual(
    problems.map((line) => line.trim().replace(/ \(line.*/, '')),
    [
      'spec.model.params.members[0].params.lag',
      'spec.model.params.members[0].params.lags',
      'spec.model.params.members[1]',
      'spec.model.params.members[2]',
      'spec.model.params.members[3]',
      'spec.model.params.combine',
    ].sort((a, b) => order(problems, a) - order(problems, b)),
  );
  assert.match(told, /members\[2\]\.kind is "forest", not one of /);
  assert.match(told, /members\[3\] has no parameter wieght/);
});

function order(lines: readonly string[], path: string): number {
  const at = lines.findIndex((line) => line.trim().startsWith(`${path} `));
  assert.ok(at >= 0, `${path} is not among\n${lines.join('\n')}`);
  return at;
}

test('PromQL is told from what is none, with the place', () => {
  for (const query of [
    'up',
    'sum by (namespace, pod) (rate(x{pod=~"a.*"}[5m]))',
    'histogram_quantile(0.99, sum by (le) (rate(http_bucket[1h30m] offset 5m)))',
    'max_over_time(rate(x[5m])[1h:1m]) > bool 0',
    '{"http.requests", job="a"}',
    ...KUBERNETES.metrics.map((metric) => metric.query),
  ])
    assert.equal(findSyntaxProblem(query), undefined, query);
  assert.equal(findSyntaxProblem('sum(rate(x)'), 'is no PromQL: it ends too early, at character 12');
  assert.equal(findSyntaxProblem('foo bar'), 'is no PromQL: at character 5, "bar"');
  for (const query of ['up +', 'rate(x[5mm])', 'a{b=c}', 'sum(x))', 'median(x)', 'up{a="b"} >'])
    assert.match(findSyntaxProblem(query) ?? '', /^is no PromQL: /, query);
});

test('--dialect other leaves the queries to the source', async () => {
  const host = {
    readFile: async () =>
      'kind: AnomalyDetector\nmetadata: {name: a}\nspec: {prometheus_query: "x default 0"}',
  };
  const store = createMemoryObjectStore();
  const asked = async (...args: string[]) =>
    (await runTestCli(['validate', 'a.yml', ...args], store, host)).code;
  assert.deepEqual(
    [await asked(), await asked('--dialect', 'other'), await asked('--dialect', 'sql')],
    [1, 0, 2],
  );
});

test('under detectors/ a file is called as its detector, and no two are of one', async () => {
  const text = 'kind: AnomalyDetector\nmetadata: {name: shop}';
  assert.equal(
    await refusal(text, 'my/detectors/cart.yml'),
    'my/detectors/cart.yml: metadata.name (line 2) is "shop", and the file says "cart": under detectors/ they are the same',
  );
  const { code, stdout } = await runTestCli(['validate', 'a.yml', 'b.yml'], createMemoryObjectStore(), {
    readFile: async () => text,
  });
  assert.equal(code, 1);
  assert.match(stdout, /^b\.yml: declares the detector shop, as does a\.yml$/m);
});

test('every example is right', async () => {
  const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yml'));
  assert.ok(files.length >= 4);
  for (const name of files)
    await readCheckedManifest(readFileSync(join(EXAMPLES, name), 'utf8'), { source: name, isPromql: true });
});

test('names that are nearly right are told as they are, and a folder as one', async () => {
  const message = await refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  model: { kind: robustz, parameters: { a: 1 } }
`);
  assert.match(message, /spec\.model\.kind .* not "robustz"; did you mean robust-z\?/);
  assert.match(message, /spec\.model\.parameters .* is no field of a manifest; did you mean params\?/);
  const readFile = async (): Promise<string> => {
    throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), { code: 'EISDIR' });
  };
  const { stdout, code } = await runTestCli(['validate', 'detectors'], createMemoryObjectStore(), {
    readFile,
  });
  assert.match(stdout, /^detectors cannot be read: it is a folder; name its files/);
  assert.equal(code, 1);
});

test('what depends on its own service is refused, and runs where it is deployed', async () => {
  const text = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  target_service: shop
  depends_on: [database, shop]
`;
  assert.equal(
    await refusal(text),
    'x.yml: spec.depends_on[1] (line 5) is "shop", its own target_service; name what that needs in order to work',
  );
  assert.deepEqual(parseManifest(text, { source: 'x.yml' }).dependsOn, ['database', 'shop']);
  assert.ok(await readCheckedManifest(text.replace(', shop', ''), { source: 'x.yml', isPromql: true }));
});

test('with the list of the deployment, a source that it does not have is told of', async () => {
  const files: Readonly<Record<string, string>> = {
    'a.yml': 'kind: AnomalyDetector\nmetadata: {name: a}\nspec: {source: prod-eu, prometheus_query: up}',
    'b.yml': 'kind: AnomalyDetector\nmetadata: {name: b}\nspec: {source: prod-ue, prometheus_query: up}',
    'c.yml': 'kind: AnomalyDetector\nmetadata: {name: c}\nspec: {source: elsewhere, prometheus_query: up}',
    'list.json': '{"prod-eu": {"url": "https://eu"}, "prod-ap": {"url": "https://ap"}}',
    'bad.json': '{"prod-eu": {}}',
  };
  const readFile = async (path: string): Promise<string> => {
    if (files[path] !== undefined) return files[path];
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  const run = (args: readonly string[], env = {}) =>
    runTestCli(['validate', 'a.yml', 'b.yml', 'c.yml', ...args, '--json'], createMemoryObjectStore(), {
      readFile,
      env,
    });
  assert.equal((await run([])).code, 0, 'without a list only the form of a name is checked');
  for (const outcome of [
    await run(['--sources', 'list.json']),
    await run([], { TIDEWATCH_PROMETHEUS_SOURCES: 'list.json' }),
    await run([], { TIDEWATCH_PROMETHEUS_SOURCES: files['list.json'] }),
  ]) {
    assert.equal(outcome.code, 1);
    assert.deepEqual(
      outcome.lines.flatMap(({ type, valid, message }) => (type === 'manifest' ? [[valid, message]] : [])),
      [
        [true, undefined],
        [
          false,
          'b.yml: spec.source (line 3) is "prod-ue", which is no Prometheus of the deployment; did you mean prod-eu?',
        ],
        [
          false,
          'c.yml: spec.source (line 3) is "elsewhere", which is no Prometheus of the deployment; known are prod-eu, prod-ap',
        ],
      ],
    );
  }
  const bad = await run(['--sources', 'bad.json']);
  assert.equal(bad.code, 2);
  assert.match(String(bad.lines[0]?.message), /"prod-eu" has no url/);
  assert.match(
    String((await run(['--sources', 'none.json'])).lines[0]?.message),
    /none.json cannot be read: ENOENT/,
  );
});
