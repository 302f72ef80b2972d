import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseCellNumber } from '../../../lib/window/csv-number.ts';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { windowLimits } from '../../../lib/window/limits.ts';
import { type ReadCsvOptions, readCsvWindow } from '../../../lib/window/read-csv.ts';
import { readWindow } from '../../../lib/window/read-window.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { anyWindow, MINUTE, parquetOf, T0, windowError } from './helpers.ts';

function readCsv(text: string | Uint8Array, options: Partial<ReadCsvOptions> = {}): MetricWindow {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return readCsvWindow(bytes, { detector: 'shop', source: 'a.csv', ...options });
}

const SMALL = `timestamp,pod,cpu,mem,label
2026-01-01T00:00:00Z,b,1.5,,0
2026-01-01T00:00:00Z,a,2,10,1
2026-01-01T00:01:00Z,a,-3e2,NaN,0
`;

test('roles, order, missing values and the step are those of a Parquet file', async () => {
  const window = readCsv(SMALL);
  assert.deepEqual(window.metrics, ['cpu', 'mem']);
  assert.deepEqual(window.entities, ['a', 'b']);
  assert.deepEqual([...window.entityOf], [0, 0, 1]);
  assert.deepEqual([...window.times], [T0, T0 + MINUTE, T0]);
  assert.deepEqual(
    window.columns.map((column) => [...column]),
    [
      [2, -300, 1.5],
      [10, Number.NaN, Number.NaN],
    ],
  );
  assert.deepEqual([...window.labels!], [1, 0, 0]);
  assert.equal(window.step, MINUTE);
  const parquet = await parquetOf(
    `SELECT * FROM (VALUES (TIMESTAMPTZ '2026-01-01 00:00:00Z', 'b', 1.5::DOUBLE, NULL::DOUBLE, 0),
      (TIMESTAMPTZ '2026-01-01 00:00:00Z', 'a', 2, 10, 1), (TIMESTAMPTZ '2026-01-01 00:01:00Z', 'a', -300, 'NaN', 0))
      t(timestamp, pod, cpu, mem, label)`,
  );
  assert.deepEqual(window, readWindow(parquet, { detector: 'shop', source: 'a.parquet' }));
});

test('delimiters, line ends, marks, quotes and gzip make no difference', () => {
  const expected = readCsv(SMALL);
  const variants: [name: string, text: string | Uint8Array, options?: Partial<ReadCsvOptions>][] = [
    ['semicolons', SMALL.replaceAll(',', ';')],
    ['tabs', SMALL.replaceAll(',', '\t')],
    ['tabs, given', SMALL.replaceAll(',', '\t'), { delimiter: '\t' }],
    ['CRLF', SMALL.replaceAll('\n', '\r\n')],
    ['CR', SMALL.replaceAll('\n', '\r')],
    ['no last line end', SMALL.trimEnd()],
    ['blank lines', `\n\r\n${SMALL.replaceAll('\n', '\n\n')}`],
    ['byte order mark', `\ufeff${SMALL}`],
    ['quotes', SMALL.replaceAll(/[^,\n]+/g, '"$&"')],
    ['blanks', SMALL.replaceAll(',', ' , ')],
    ['gzip', gzipSync(SMALL)],
    ['delimiters inside of quoted names', SMALL.replace('cpu', '"cpu"').replaceAll(',', ';')],
  ];
  for (const [name, text, options] of variants) assert.deepEqual(readCsv(text, options), expected, name);
});

test('quoted cells hold delimiters, line ends and quotes', () => {
  const window = readCsv(
    'ts,"the ""pod""","c,pu"\n1767225600,"a, ""x""\nb",1\n1767225660,"a, ""x""\nb","2"\n',
  );
  assert.deepEqual(window.metrics, ['c,pu']);
  assert.deepEqual(window.entities, ['a, "x"\nb']);
  assert.deepEqual([...window.columns[0]!], [1, 2]);
});

test('times: epochs of each unit, fractions, ISO, and the nameless index of pandas', () => {
  for (const times of [
    ['1767225600', '1767225660'],
    ['1767225600.0', '1767225660.000'],
    ['1767225600000', '1767225660000'],
    ['1767225600000000000', '1767225660000000000'],
    ['2026-01-01', '2026-01-01 00:01:00'],
    ['2026-01-01 01:00:00+01:00', '2025-12-31T23:01:00-01:00'],
  ])
    assert.deepEqual(
      [...readCsv(`time,cpu\n${times[0]},1\n${times[1]},2`).times],
      [T0, T0 + MINUTE],
      times[0],
    );
  const index = readCsv(',cpu\n2026-01-01 00:00:00,1\n2026-01-01 00:01:00,2');
  assert.deepEqual([...index.times], [T0, T0 + MINUTE]);
  assert.deepEqual(readCsv(',time,cpu\n0,2026-01-01,1\n1,2026-01-02,2').metrics, ['cpu']);
});

test('booleans are numbers, words for nothing are missing, strings that look odd are entities', () => {
  const window = readCsv(
    'time,host,up,v\n2026-01-01,10.0.0.1:9100,True,+Inf\n2026-01-02,10.0.0.1:9100,false,1',
  );
  assert.deepEqual(window.entities, ['10.0.0.1:9100']);
  assert.deepEqual(window.metrics, ['up', 'v']);
  assert.deepEqual(
    window.columns.map((column) => [...column]),
    [
      [1, 0],
      [Number.NaN, 1],
    ],
  );
});

test('an infinite cell is told of, and a NaN is not', () => {
  const leftOut: string[] = [];
  const window = readCsv('time,v\n2026-01-01,-Inf\n2026-01-02,NaN\n2026-01-03,1e999\n2026-01-04,2', {
    onLeftOut: ({ message }) => leftOut.push(message),
  });
  assert.deepEqual([...window.columns[0]!], [Number.NaN, Number.NaN, Number.NaN, 2]);
  assert.deepEqual(leftOut, [
    '2 of 4 values of column v are infinite and count as missing, such as row 1: -Infinity',
  ]);
});

test('what is no table says so, with the place', () => {
  const head = 'time,cpu,pod\n2026-01-01T00:00:00Z,1,a\n';
  const { textBytes } = windowLimits();
  const cases: [text: string | Uint8Array, code: string, ...says: string[]][] = [
    ['', 'empty-file'],
    ['\n\n', 'no-header'],
    ['time,cpu\n', 'no-rows'],
    ['1,2\n3,4\n', 'no-header', 'begins with numbers (1, 2)'],
    ['when,cpu\n2026-01-01,1\n', 'no-time-column', 'a.csv'],
    ['time,pod\n2026-01-01,a\n', 'no-metric-column'],
    ['time,cpu,cpu\n2026-01-01,1,1\n', 'bad-column', 'two columns called cpu'],
    [`${head}2026-01-01T00:01:00Z,n/a,a\n`, 'bad-value', 'column cpu, row 2 (line 3): "n/a" is no number'],
    [`${head}\n2026-01-01T00:01:00Z,1 GB,a\n`, 'bad-value', 'row 2 (line 4): "1 GB"'],
    [
      `${head}2026-01-01T00:01:00Z,"1,5",a\n`,
      'bad-value',
      '"1,5" is no number; decimals are written with a point',
    ],
    ['time;cpu\n2026-01-01;1,5\n2026-01-02;2,5\n', 'bad-value', 'column cpu, row 1 (line 2): "1,5"'],
    [`${head}2026-01-01T00:01:00Z,1_000,a\n`, 'bad-value', '1_000'],
    [`${head}2026-01-01T00:01:00Z,0x10,a\n`, 'bad-value', '0x10'],
    [`${head}2026-01-01T00:01:00Z,1\n`, 'bad-row', 'line 3: 2 cells, and the header has 3'],
    [`${head}"2026-01-01T00:01:00Z,1,a\n`, 'bad-quote', 'line 3: a quote that is never closed'],
    [`${head}2026-01-01T00:01:00Z,1,"a"b\n`, 'bad-quote', 'line 3: text after the closing quote'],
    [`${head}2026-01-01T00:01:00Z,1,a"b\n`, 'bad-quote', 'line 3: a quote inside'],
    [`${head}yesterday,1,a\n`, 'bad-time', 'column time, row 2: "yesterday"'],
    [`${head},1,a\n`, 'bad-time', 'column time, row 2'],
    ['time,cpu\n1767225600,1\n,2\n', 'null-time', 'column time, row 2'],
    ['time,cpu\n17,1\n', 'bad-time', 'row 1: 17'],
    [`${head}2026-01-01T00:00:00Z,1,a\n`, 'duplicate-row', 'row 2'],
    [`${head}2025-01-01T00:00:00Z,1,a\n`, 'unordered-rows', 'row 2'],
    ['time,cpu,label\n2026-01-01,1,2\n', 'bad-label', '2 is neither 0 nor 1'],
    ['time,cpu\n2026-01-01,\n', 'no-values'],
    [Uint8Array.of(0xff, 0xfe, 116, 0, 105, 0), 'unreadable', 'UTF-16'],
    [Uint8Array.of(116, 0xe9, 44), 'unreadable', 'not UTF-8'],
    ['PAR1....', 'unreadable', 'Parquet'],
    [gzipSync(SMALL).subarray(0, 30), 'unreadable', 'gzip and damaged'],
    [
      `time,${Array.from({ length: 2000 }, (_, i) => `c${i}`).join(',')}\n`,
      'too-large',
      'more than 2000 columns',
      '2000',
    ],
    [','.repeat(3_000_000), 'too-large', 'more than 2000 columns'],
    ['a'.repeat(1_000_001), 'too-large', '1000001 bytes in the name of column 1'],
    [Uint8Array.of(0x1f, 0x8b), 'unreadable', 'gzip and damaged: 2 bytes'],
    [gzipSync(Buffer.alloc(textBytes + 1, '1\n')), 'too-large', 'unpacked', String(textBytes)],
  ];
  for (const [text, code, ...says] of cases)
    assert.throws(() => readCsv(text), windowError(code, ...says), String(text).slice(0, 99));
});

test('columns without a name are left out by number, and the rest is used', () => {
  const leftOut: LeftOut[] = [];
  const text = 'time,cpu,,pod,\n2026-01-01T00:00:00Z,1,x,a,9\n2026-01-01T00:01:00Z,2,x,a,9\n';
  const window = readCsv(text, { onLeftOut: (each) => leftOut.push(each) });
  assert.deepEqual([window.metrics, window.entities], [['cpu'], ['a']]);
  assert.deepEqual(
    leftOut.map(({ code, message }) => [code, message]),
    [
      ['unused-column', 'column 3 has no name'],
      ['unused-column', 'column 5 has no name'],
    ],
  );
});

test('a trailer of gzip that lies about the size costs nothing', () => {
  const bytes = gzipSync(SMALL);
  for (const stated of [0, 1, 2 ** 32 - 1]) {
    bytes.writeUInt32LE(stated, bytes.length - 4);
    assert.throws(() => readCsv(bytes), windowError('unreadable', 'gzip and damaged'));
  }
});

test('numbers are those of Number()', () => {
  const parse = (text: string): number | undefined =>
    parseCellNumber(Buffer.from(text), 0, Buffer.byteLength(text));
  const number = fc.oneof(
    fc.double().map(String),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value.toFixed(9)),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
    fc.stringMatching(/^[+-]?\d{1,25}\.\d{0,25}(e-?\d{1,3})?$/),
  );
  fc.assert(
    fc.property(number, (text) => {
      const expected = Number(text);
      assert.ok(Object.is(parse(text), expected), text);
    }),
    { numRuns: 3000 },
  );
  for (const text of [
    '.',
    '-',
    '+',
    '1e',
    '1.2.3',
    '--1',
    '1 2',
    '0b1',
    '١',
    'e5',
    'nano',
    'infinit',
    '1,000',
    '',
  ])
    assert.equal(parse(text), undefined, text);
  assert.ok(Object.is(parse('-0'), -0));
  for (const text of ['Inf', '+Inf', 'inf', '+INFINITY']) assert.equal(parse(text), Infinity, text);
  assert.equal(parse('-Inf'), -Infinity);
});

test('any window written as CSV is read back', () => {
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const cell = (value: number): string => (Number.isNaN(value) ? '' : String(value));
  fc.assert(
    fc.property(anyWindow({ withValue: true }), (window) => {
      const metrics = window.metrics.map((name) => (name === 'ts' ? 'other' : name));
      const lines = [...window.times].map((time, row) =>
        [
          time,
          quote(`e:${window.entities[window.entityOf[row]!]}`),
          ...window.columns.map((column) => cell(column[row]!)),
        ].join(';'),
      );
      const text = [['time', 'pod', ...metrics.map(quote)].join(';'), ...lines].join('\r\n');
      const back = readCsv(text, { step: MINUTE });
      assert.deepEqual(back.metrics, metrics);
      const rows = (w: MetricWindow, prefix: string): unknown[] =>
        [...w.times].map((time, row) => [
          prefix + w.entities[w.entityOf[row]!],
          time,
          ...w.columns.map((column) => column[row]),
        ]);
      const sorted = (list: unknown[]): string[] => list.map((row) => JSON.stringify(row)).sort();
      assert.deepEqual(sorted(rows(back, '')), sorted(rows(window, 'e:')));
    }),
  );
});

test('damaged bytes are a WindowError or a window', () => {
  const bytes = new TextEncoder().encode(SMALL);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const damaged = bytes.slice();
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        readCsv(damaged);
      } catch (error) {
        assert.equal((error as Error).name, 'WindowError', String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

function readTold(text: string): { readonly window: MetricWindow; readonly told: readonly string[] } {
  const told: string[] = [];
  return { window: readCsv(text, { tell: (note) => told.push(note) }), told };
}

/** A minute a row, each with these cells. */
function rowsOf(header: string, cells: readonly string[]): string {
  const lines = cells.map((cell, row) => `${new Date(T0 + row * MINUTE).toISOString()},${cell}`);
  return [`timestamp,${header}`, ...lines, ''].join('\n');
}

for (const name of [
  'Label',
  'LABEL',
  'labels',
  'is_anomaly',
  'isAnomaly',
  'anomaly',
  'Anomalous',
  'outlier',
  'ground_truth',
])
  test(`a column of 0 and 1 called ${name} is the label, no metric, and told of`, () => {
    const { window, told } = readTold(rowsOf(`cpu,${name}`, ['1,0', '2,1', '3,']));
    assert.deepEqual(window.metrics, ['cpu']);
    assert.deepEqual([...window.labels!], [0, 1, 0]);
    assert.match(told.join(), new RegExp(`^column ${name} is taken as the label: .*Call it label to say`));
  });

test('beside a label, or each other, such columns are left out and told of', () => {
  const beside = readTold(rowsOf('cpu,label,anomaly', ['1,0,1', '2,1,0']));
  assert.deepEqual([beside.window.metrics, [...beside.window.labels!]], [['cpu'], [0, 1]]);
  assert.match(beside.told.join(), /^column anomaly is left out: .* label is the label/);
  const two = readTold(rowsOf('cpu,is_anomaly,anomaly', ['1,0,1', '2,1,0']));
  assert.deepEqual([two.window.metrics, two.window.labels, two.told.length], [['cpu'], undefined, 2]);
  assert.match(
    two.told[0]!,
    /^column is_anomaly is left out: .*as do 2 columns\. Call the one that counts label/,
  );
});

test('other numbers under such a name stay a metric and are told of; text is an error', () => {
  const { window, told } = readTold(rowsOf('cpu,anomaly', ['1,0.2', '2,1']));
  assert.deepEqual([window.metrics, window.labels], [['cpu', 'anomaly'], undefined]);
  assert.match(told.join(), /^column anomaly is taken as a metric: it holds more than 0 and 1/);
  assert.throws(
    () => readCsv(rowsOf('cpu,Anomaly', ['1,no', '2,yes'])),
    windowError('bad-label', 'column Anomaly is', 'marks anomalous rows', 'column called label'),
  );
  assert.throws(() => readCsv(rowsOf('anomaly', ['0', '1'])), windowError('no-metric-column', 'anomaly'));
});

test('names that only begin like it, and what nobody could take for a label, are not told of', () => {
  const { window, told } = readTold(
    rowsOf('cpu,anomaly_score,label_count,labels', ['1,0,1,"{a=1}"', '2,1,0,"{a=1}"']),
  );
  assert.deepEqual([window.metrics, told], [['cpu', 'anomaly_score', 'label_count'], []]);
});

for (const [name, first, second] of [
  ['memory', '12 MiB', '900 KiB'],
  ['cpu', '35%', '7.5 %'],
  ['requests', '"1,234"', '"1,234,567"'],
  ['requests', '"1,234,567"', '"2,000,000.5"'],
  ['latency', '12ms', '0.4 s'],
  ['memory', '3Gi', '4Gi'],
  ['memory', '5e+08 MiB', '4.96232e+08 MiB'],
  ['memory', '5.000e-02MiB', '4.962e+02 MiB'],
  ['latency', '1.2E3ms', '8E2ms'],
  ['memory', '5e3Gi', '.4e4Gi'],
] as const)
  test(`numbers such as ${first} are an error that names the cell, and no entities`, () => {
    const text = rowsOf(`${name},up`, [`,1`, `${first},1`, `${second},1`, `${first.replace(/\d/, '9')},1`]);
    assert.throws(
      () => readCsv(text),
      windowError('bad-value', `column ${name}, row 2`, JSON.stringify(first.replaceAll('"', ''))),
    );
  });

test('names that look like a duration or a size stay names where they recur with every time', () => {
  const cells = ['5m,1', '1h,2', '5m,3', '1h,4'];
  const lines = cells.map((cell, row) => `${new Date(T0 + (row >> 1) * MINUTE).toISOString()},${cell}`);
  assert.deepEqual(readCsv(['timestamp,interval,up', ...lines, ''].join('\n')).entities, ['1h', '5m']);
  assert.deepEqual(
    readCsv(rowsOf('pod,up', ['7d9f-x2,1', '12ab,2', '3rd,3', '5e8c,4', '5e,5']), { step: MINUTE }).entities
      .length,
    5,
  );
});

for (const [name, cell, hint] of [
  ['latency', '"1,234.5"', 'without separators or a unit'],
  ['memory', '1.2G', 'without separators or a unit'],
  ['memory', '512 MiB', 'without separators or a unit'],
  ['memory', '5e+08 MiB', 'without separators or a unit'],
  ['label', 'anomaly', 'anomalous rows are marked by 1'],
  ['is_anomaly', 'yes', 'anomalous rows are marked by 1'],
] as const)
  test(`few cells such as ${cell} in a column ${name} are no missing values, which would hide what they say`, () => {
    const leftOut: LeftOut[] = [];
    const cells = Array.from({ length: 100 }, (_, row) => `${row},${row % 50 === 7 ? cell : row % 2}`);
    assert.throws(
      () => readCsv(rowsOf(`cpu,${name}`, cells), { onLeftOut: (each) => leftOut.push(each) }),
      windowError('bad-value', `column ${name}, row 8`, JSON.stringify(cell.replaceAll('"', '')), hint),
    );
    assert.deepEqual(leftOut, []);
  });

test('a line that was cut in the time of a nameless index costs itself, and not the time of all', () => {
  const lines = Array.from({ length: 20 }, (_, row) => `2026-01-01 00:${row + 10}:00,${row},a`);
  const leftOut: LeftOut[] = [];
  const window = readCsv([',cpu,pod', ...lines, '2026-01-0'].join('\n'), {
    onLeftOut: (each) => leftOut.push(each),
  });
  assert.deepEqual([window.times.length, window.entities], [20, ['a']]);
  assert.deepEqual(
    leftOut.map(({ code, count }) => [code, count]),
    [['bad-row', 1]],
  );
});
