import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildReport, type ReportInput, writePages } from '../../../lib/report/build-report.ts';
import { makeInput } from './report-input.ts';

const FILES = [
  'confusion_matrix.png',
  'precision_recall_curve.png',
  'report.html',
  'roc_curve.png',
  'score_histogram.png',
  'summary_report.txt',
  'training_history.png',
];

function text(files: Readonly<Record<string, Uint8Array>>, name: string): string {
  return new TextDecoder().decode(files[name]);
}

/** Width and height as the PNG's header has them. https://www.w3.org/TR/png/#11IHDR */
function sizeOf(png: Uint8Array): [number, number] {
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const header = Buffer.from(png);
  return [header.readUInt32BE(16), header.readUInt32BE(20)];
}

test('the same input gives the same bytes, and is left as it was', async () => {
  const input = makeInput({ labelled: true });
  const before = structuredClone(input);
  const [first, second] = [await buildReport(input), await buildReport(input)];
  assert.deepEqual(Object.keys(first).sort(), FILES);
  for (const name of FILES) assert.deepEqual(Buffer.from(first[name]!), Buffer.from(second[name]!), name);
  assert.deepEqual(input, before);
  for (const name of FILES.filter((one) => one.endsWith('.png')))
    assert.deepEqual(sizeOf(first[name]!), [1440, 1056], name);
});

test('says what was found: threshold, incidents, labels, metrics, moments', () => {
  const { files } = writePages(makeInput({ labelled: true }));
  const summary = text(files, 'summary_report.txt');
  assert.match(summary, /^rows {8}2,880, one every 1 min per entity$/m);
  assert.match(
    summary,
    /^5, percentile 99\.9 of the training scores: 1 anomaly in the training data, 7 a week$/m,
  );
  assert.match(summary, /^> 5 /m);
  assert.match(summary, /^events {6}1 of 1 had an anomaly; 0 of 1 anomaly lay outside of any$/m);
  assert.match(summary, /ROC AUC 1, average precision 1 /);
  assert.match(summary, /75 % {2}cpu: 1000 \(usual 85–115\)/);
  assert.match(summary, /memory: missing \(usual 85–115\)/);
  const page = text(files, 'report.html');
  const shown = page.replaceAll(/<defs.*?<\/defs>/g, '');
  const colours = new Set(shown.match(/(?<= (?:fill|stroke)=")[^"]+/g));
  for (const colour of colours)
    assert.match(colour, /^(none|transparent|var\(--[a-z]+\))$/, 'known in light and dark');
  for (const word of ['requests', 'payment', '1 anomaly', 'ROC curve', 'labelled events caught'])
    assert.ok(page.includes(word), word);
});

test('a row far out alone is anomalous below the threshold too, and the page says by which rule', () => {
  const input = makeInput({ threshold: 1e6 });
  const policy = { ...input.version.policy, extremeDeviation: 50 };
  const page = text(writePages({ ...input, version: { ...input.version, policy } }).files, 'report.html');
  assert.match(page, /whatever the score, a metric at least 50 of them/);
  assert.match(page, /<b id="at-incidents">1<\/b>/);
  assert.doesNotMatch(text(writePages(input).files, 'report.html'), /whatever the score/);
});

test('where there are no labels, the page and the pictures say so', async () => {
  const [without, labelled] = [
    await buildReport(makeInput()),
    await buildReport(makeInput({ labelled: true })),
  ];
  assert.match(text(without, 'report.html'), /ROC curve\. No labels: /);
  assert.match(text(without, 'summary_report.txt'), /^No labels: /m);
  assert.doesNotMatch(text(without, 'report.html'), /labelled events caught/);
  assert.notDeepEqual(without['roc_curve.png'], labelled['roc_curve.png']);
  assert.ok(without['roc_curve.png']!.length > 10_000, 'a sentence is drawn, in a font');
});

test('a training history is drawn where there is one', () => {
  const input = makeInput();
  const history = {
    measure: 'mean squared error',
    epochs: [
      { loss: 0.9, validationLoss: 1 },
      { loss: 0.5, validationLoss: 0.7 },
    ],
  };
  const page = text(writePages({ ...input, summary: { notes: [], history } }).files, 'report.html');
  assert.match(page, /mean squared error/);
  assert.doesNotMatch(page, /fitted in one pass/);
  assert.match(text(writePages(input).files, 'report.html'), /fitted in one pass/);
});

test('a classifier shows accuracy, area and precision by epoch, of training and validation', async () => {
  const input = makeInput({ labelled: true });
  const epochs = Array.from({ length: 6 }, (_, i) => ({
    loss: 0.7 / (i + 1),
    validationLoss: 0.5 + Math.abs(i - 3) / 10,
    metrics: { accuracy: 0.9 + i / 100, auc: 0.8 + i / 50, precision: i === 0 ? undefined : 0.5 + i / 20 },
    validationMetrics: { accuracy: 0.88, auc: undefined, precision: 0.25 },
  }));
  const summary = { notes: ['The patience ran out.'], history: { measure: 'cross-entropy', epochs } };
  const files = await buildReport({ ...input, summary });
  const added = ['training_accuracy.png', 'training_auc.png', 'training_precision.png'];
  assert.deepEqual(Object.keys(files).sort(), [...FILES, ...added].sort());
  const page = text(files, 'report.html');
  for (const label of ['accuracy', 'area under the ROC curve', 'precision'])
    assert.ok(page.includes(`<b>Training history: ${label}</b> · 6 epochs`), label);
  assert.doesNotMatch(page, /NaN|undefined/);
  const plot = page.slice(page.indexOf('aria-label="Training history: precision"'));
  assert.match(plot.slice(0, plot.indexOf('</svg>')), />training<[\s\S]*>validation</);
  const said =
    /^MODEL\nThe patience ran out\.\nTrained for 6 epochs\. At the last: cross-entropy 0\.1167, validation 0\.7; accuracy 0\.95, validation 0\.88; area under the ROC curve 0\.9; precision 0\.75, validation 0\.25\.\nThe validation loss was lowest at epoch 4: 0\.5\.$/m;
  assert.match(text(files, 'summary_report.txt'), said);
});

test('a loss that exploded is a gap in the plot', () => {
  const history = { measure: 'mean squared error', epochs: [{ loss: 1 }, { loss: Infinity }, { loss: NaN }] };
  const { files } = writePages({ ...makeInput(), summary: { notes: [], history } });
  assert.doesNotMatch(text(files, 'report.html'), /NaN|undefined|Infinity/);
  assert.match(
    text(files, 'summary_report.txt'),
    /^Trained for 3 epochs\. At the last: mean squared error –\.$/m,
  );
});

test('says what the fit noted, what the model stands in for, and what it was fine-tuned from', () => {
  const input = makeInput();
  const version = {
    ...input.version,
    requestedKind: 'lstm',
    lineage: { detector: 'cart', version: '20261101T000000Z-ffffffffffff' },
  } as unknown as ReportInput['version'];
  const { files } = writePages({
    ...input,
    version,
    summary: { notes: ['Too few sequences: <640>.'], history: undefined },
  });
  const sentences = [
    'The detector asks for lstm; this version is of kind isolation-forest.',
    'Fine-tuned from cart, version 20261101T000000Z-ffffffffffff.',
  ];
  const summary = text(files, 'summary_report.txt');
  assert.ok(summary.includes(`MODEL\n${sentences.join('\n')}\nToo few sequences: <640>.\n`), summary);
  assert.match(summary, /^version .*, isolation-forest for lstm, Tidewatch/m);
  const page = text(files, 'report.html');
  const shown = [...sentences, 'Too few sequences: &lt;640&gt;.'].map((sentence) => `<p>${sentence}</p>`);
  assert.ok(page.includes(`<h2>Model</h2>${shown.join('')}`));
  assert.doesNotMatch(text(writePages(input).files, 'report.html'), /<h2>Model/);
});

test('says what was left out of the training', () => {
  const input = makeInput();
  const leftOut = { rows: { confirmed: 70 }, ranges: [] };
  const { files } = writePages({ ...input, version: { ...input.version, leftOut } });
  assert.match(text(files, 'summary_report.txt'), /^left out {4}70 rows: 70 of confirmed anomalies$/m);
  assert.ok(
    text(files, 'report.html').includes('<dt>Left out</dt><dd>70 rows: 70 of confirmed anomalies</dd>'),
  );
});

test('names the criteria that labelled rows, with how many', () => {
  const input = { ...makeInput({ labelled: true }), labelledBy: { 'out of memory': 1, hot: 1200 } };
  const { files } = writePages(input);
  assert.match(text(files, 'summary_report.txt'), /^criteria {4}out of memory 1 row, hot 1,200 rows$/m);
  assert.ok(
    text(files, 'report.html').includes('<dt>Criteria</dt><dd>out of memory 1 row, hot 1,200 rows</dd>'),
  );
  assert.doesNotMatch(text(writePages(makeInput()).files, 'report.html'), /<dt>Criteria/);
});

test('asks nothing of the network, and names from the data cannot become markup', () => {
  const evil = '</script><img src=x onerror=alert(1)>';
  const { files } = writePages(
    makeInput({ entities: ['a', evil], metrics: ['cpu', evil], fault: { entity: evil, from: 700, to: 720 } }),
  );
  const page = text(files, 'report.html');
  assert.ok(!page.includes('<img'));
  assert.equal(page.match(/<\/script>/g)?.length, 2, 'the figures and the slider');
  assert.match(page, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
  const tags = page.match(/<[a-z][^>]*>/g) ?? [];
  const addresses = tags.flatMap((tag) => tag.match(/ (src|href|xlink:href|action|srcset)="[^"]*"/g) ?? []);
  assert.deepEqual(addresses, [' href="data:,"'], 'the icon that there is none');
  const hosts = new Set(page.match(/https?:\/\/[^/"]+/g));
  assert.deepEqual([...hosts], ['http://www.w3.org'], 'the SVG namespace');
});

test('odd data makes a report all the same', async () => {
  const odd: Readonly<Record<string, ReportInput>> = {
    'one metric, one entity without a name': makeInput({
      entities: [''],
      metrics: ['cpu'],
      fault: { entity: '', from: 700, to: 720 },
    }),
    'nothing measured': withCells(makeInput(), () => Number.NaN),
    'nothing moves': withCells(makeInput(), () => 3),
    'huge and tiny': withCells(makeInput(), (_, row) => (row % 2 === 0 ? 1e300 : -1e-300)),
    'one row': makeInput({ rows: 1, fault: { entity: 'cart', from: 0, to: 1 }, labelled: true }),
    'no score': { ...makeInput(), scores: new Float64Array(2880).fill(Number.NaN), moments: [] },
    'every row labelled': makeInput({
      labelled: true,
      entities: ['cart'],
      fault: { entity: 'cart', from: 0, to: 1440 },
    }),
    'a threshold above every score': makeInput({ threshold: 1e9 }),
  };
  for (const [name, input] of Object.entries(odd)) {
    const files = await buildReport(input);
    assert.deepEqual(Object.keys(files).sort(), FILES, name);
    assert.doesNotMatch(text(files, 'report.html'), /NaN|undefined|Infinity/, name);
    assert.doesNotMatch(text(files, 'summary_report.txt'), /NaN|undefined|Infinity/, name);
  }
});

test('a page stays small however many rows, entities and metrics there are', () => {
  const entities = Array.from({ length: 60 }, (_, i) => `pod-${String(i).padStart(2, '0')}`);
  const metrics = Array.from({ length: 30 }, (_, i) => (i === 0 ? 'cpu' : `m${i}`));
  const input = makeInput({ rows: 400, entities, metrics, fault: { entity: 'pod-07', from: 100, to: 120 } });
  const page = text(writePages(input).files, 'report.html');
  assert.equal(page.match(/<details class="entity"/g)?.length, 3);
  assert.match(page, /57 more entities, without plots/);
  assert.match(page, /The 24 metrics with the largest part/);
  assert.ok(page.indexOf('pod-07') < page.indexOf('pod-06'), 'the one with the incident comes first');
  assert.ok(page.length < 3_000_000, `${page.length} bytes`);
});

function withCells(input: ReportInput, cell: (value: number, row: number) => number): ReportInput {
  return {
    ...input,
    window: { ...input.window, columns: input.window.columns.map((column) => column.map(cell)) },
  };
}
