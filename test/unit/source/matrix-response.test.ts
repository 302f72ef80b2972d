import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MatrixAnswer, parseMatrixAnswer } from '../../../lib/source/matrix-response.ts';

const GRID = { start: 1_700_000_000_000, end: 1_700_000_600_000, step: 60_000 };
const T0 = GRID.start / 1000;

function parse(body: unknown, grid: typeof GRID = GRID): MatrixAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseMatrixAnswer(Buffer.from(text), grid, 'query up at http://p');
}

function matrix(...series: readonly unknown[]): { status: string; data: unknown } {
  return { status: 'success', data: { resultType: 'matrix', result: series } };
}

function valuesOf(values: readonly (readonly [number, string])[]): number[] {
  return [...parse(matrix({ metric: {}, values })).series[0]!.values];
}

test('reads labels, times and values', () => {
  const { series } = parse(
    matrix({
      metric: { __name__: 'up', job: 'a"b\\c', näme: '日本 😀\n' },
      values: [
        [T0, '1'],
        [T0 + 60, '-0.25'],
        [T0 + 180, '1e+06'],
      ],
    }),
  );
  assert.equal(series.length, 1);
  assert.deepEqual({ ...series[0]!.labels }, { __name__: 'up', job: 'a"b\\c', näme: '日本 😀\n' });
  assert.deepEqual([...series[0]!.times], [GRID.start, GRID.start + 60_000, GRID.start + 180_000]);
  assert.deepEqual([...series[0]!.values], [1, -0.25, 1e6]);
});

test('what is no finite number becomes NaN, and the cell counts as seen', () => {
  const words = ['NaN', '+Inf', '-Inf', 'Inf'];
  const values = valuesOf(words.map((word, index) => [T0 + 60 * index, word]));
  assert.deepEqual(values, [Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});

test('values are the doubles that Prometheus wrote, to the last bit', () => {
  fc.assert(
    fc.property(
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.constantFrom('shortest', 'exponent', 'precise', 'fixed'),
      (value, form) => {
        const text =
          form === 'exponent'
            ? value.toExponential()
            : form === 'precise'
              ? value.toPrecision(17)
              : form === 'fixed' && Math.abs(value) < 1e21
                ? value.toFixed(20)
                : Object.is(value, -0)
                  ? '-0'
                  : String(value);
        assert.ok(Object.is(valuesOf([[T0, text]])[0], Number(text)), text);
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(Object.is(valuesOf([[T0, '9007199254740993']])[0], 9007199254740992));
  assert.ok(Object.is(valuesOf([[T0, '0.0000000000000000000000123']])[0], 1.23e-23));
});

test('reads what JSON.parse reads, whatever the white space and the order of keys', () => {
  const label = fc.string({ unit: 'grapheme' });
  const anySeries = fc.record({
    labels: fc.dictionary(label, label),
    cells: fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 10 }),
    values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 10, maxLength: 10 }),
    valuesFirst: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(anySeries), fc.constantFrom(0, 1, '\t'), fc.boolean(), (all, indent, statusLast) => {
      const result = all.map(({ labels, cells, values, valuesFirst }) => {
        const pairs = cells.sort((a, b) => a - b).map((cell) => [T0 + 60 * cell, String(values[cell])]);
        return valuesFirst ? { values: pairs, metric: labels } : { metric: labels, values: pairs };
      });
      const data = statusLast ? { result, resultType: 'matrix' } : { resultType: 'matrix', result };
      const body = statusLast ? { data, status: 'success' } : { status: 'success', data };
      const { series } = parse(JSON.stringify(body, null, indent));
      assert.deepEqual(
        series.map(({ labels, times, values }) => [Object.entries(labels), [...times], [...values]]),
        result.map(({ metric, values }) => [
          Object.entries(metric),
          values.map(([time]) => Number(time) * 1000),
          values.map(([, value]) => Number(value)),
        ]),
      );
    }),
  );
});

test('an answer cut off anywhere is an error', () => {
  const whole = JSON.stringify({
    ...matrix({
      metric: { a: 'b\\"', c: 'é' },
      values: [
        [T0, '1.5'],
        [T0 + 60, '1e-7'],
      ],
    }),
    infos: ['x', { y: [1, 'z'] }],
    isPartial: false,
    warnings: null,
    elapsed: 3.5,
  });
  const bytes = Buffer.from(whole);
  for (let length = 0; length < bytes.length; length++)
    assert.throws(
      () => parseMatrixAnswer(bytes.subarray(0, length), GRID, 'query up'),
      { name: 'SourceError', code: 'truncated-json' },
      `${length} bytes of ${whole}`,
    );
  assert.throws(() => parse(`${whole}x`), { code: 'bad-json' });
});

test('an answer with one wrong character is an error or differs in that place only', () => {
  const whole = JSON.stringify(matrix({ metric: { a: 'b' }, values: [[T0, '1.5']] }));
  for (let at = 0; at < whole.length; at++) {
    const broken = `${whole.slice(0, at)}\u0001${whole.slice(at + 1)}`;
    assert.throws(() => parse(broken), { name: 'SourceError' }, broken);
  }
});

test('an error of Prometheus is passed on in its own words', () => {
  assert.throws(() => parse({ status: 'error', errorType: 'execution', error: 'found duplicate series' }), {
    code: 'prometheus-error',
    message: 'query up at http://p failed in Prometheus: execution: found duplicate series',
  });
  assert.throws(() => parse({ status: 'maybe' }), { code: 'bad-status', message: /"maybe"/ });
});

test('an answer with warnings counts as partial; remarks do not', () => {
  assert.throws(() => parse({ ...matrix(), warnings: ['store 3 timed out'] }), {
    code: 'partial-response',
    message: /store 3 timed out/,
  });
  const { infos } = parse({
    ...matrix(),
    warnings: ['PromQL info: metric might not be a counter'],
    infos: ['x'],
  });
  assert.deepEqual(infos, ['x', 'PromQL info: metric might not be a counter']);
  assert.deepEqual(parse({ ...matrix(), warnings: null, infos: null }).infos, []);
  const found = 'PromQL warning: encountered a mix of histograms and floats';
  assert.throws(() => parse({ ...matrix(), warnings: [found] }), { code: 'query-warning' }, 'asked once');
  assert.throws(() => parse({ ...matrix(), warnings: [found, 'store 3'] }), { code: 'partial-response' });
});

test('of any number of remarks, and of values and labels of any length, a text has the first', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => `remark ${i}`);
  const { infos } = parse({ ...matrix(), infos: many });
  assert.deepEqual([infos.length, infos[10]], [11, 'and 99990 more']);
  assert.throws(() => parse({ ...matrix(), warnings: many }), isShort);
  const value = '9'.repeat(1_000_000);
  const series = { metric: { pod: 'A'.repeat(1_000_000) }, values: [[T0, value]] };
  assert.throws(
    () => parse({ status: 'success', data: { resultType: 'matrix', result: [series] } }),
    isShort,
  );
  const { metric } = series;
  assert.throws(
    () => parse({ status: 'success', data: { resultType: 'matrix', result: [{ metric }] } }),
    isShort,
  );
});

test('anything but a matrix is an error that names the type', () => {
  for (const data of [
    { resultType: 'vector', result: [{ metric: {}, value: [T0, '1'] }] },
    { resultType: 'scalar', result: [T0, '1'] },
    { resultType: 'string', result: [T0, 'x'] },
  ])
    assert.throws(() => parse({ status: 'success', data }), {
      code: 'not-a-matrix',
      message: new RegExp(`"${data.resultType}"`),
    });
  for (const data of [undefined, null, 'x', {}])
    assert.throws(() => parse({ status: 'success', data }), { code: 'not-a-matrix' });
});

test('native histograms, alone or beside floats of one series or of others, are marked and the floats stand', () => {
  const histograms = [[T0, { count: '5', sum: '3', buckets: [[0, '1', '2', '5']] }]];
  const { series } = parse(
    matrix(
      { metric: { job: 'a' }, histograms },
      { metric: { job: 'b' }, values: [[T0, '1']] },
      { metric: { job: 'c' }, histograms, values: [[T0, '2']] },
    ),
  );
  assert.deepEqual(
    series.map(({ labels, values, hasHistograms }) => [labels['job'], [...values], hasHistograms]),
    [
      ['a', [], true],
      ['b', [1], undefined],
      ['c', [2], true],
    ],
  );
});

test('samples off the grid, out of the range, twice or backwards are errors with the time', () => {
  const cases = [
    ['off-grid', [[T0 + 1, '1']]],
    ['off-grid', [[T0 + 0.001, '1']]],
    ['off-grid', [[T0 - 60, '1']]],
    ['off-grid', [[T0 + 600, '1']]],
    [
      'not-ascending',
      [
        [T0, '1'],
        [T0, '1'],
      ],
    ],
    [
      'not-ascending',
      [
        [T0 + 60, '1'],
        [T0, '1'],
      ],
    ],
  ] as const;
  for (const [code, values] of cases)
    assert.throws(() => parse(matrix({ metric: {}, values })), {
      code,
      message: /query up at http:\/\/p.*17000/,
    });
});

test('times with a fraction or an exponent are read to the millisecond', () => {
  const grid = { start: 1_700_000_000_250, end: 1_700_000_002_250, step: 1000 };
  const text =
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000.25,"1"],[1.70000000125e9,"2"]]}]}}';
  assert.deepEqual([...parse(text, grid).series[0]!.times], [grid.start, grid.start + 1000]);
});

test('values that are no numbers are errors', () => {
  for (const text of ['', 'abc', '0x10', '1_000', ' 1', '1.2.3', '--1', '1e', 'Infinity', '1e999', '-', '.'])
    assert.throws(() => valuesOf([[T0, text]]), { code: 'bad-value' }, text);
  assert.throws(() => parse(matrix({ metric: {}, values: [[T0, 5]] })), { code: 'bad-json' });
  assert.throws(() => parse(matrix({ metric: {}, values: [[T0]] })), { code: 'bad-json' });
  assert.throws(() => parse(matrix({ metric: { a: 1 }, values: [] })), { code: 'bad-json' });
  assert.throws(() => parse(matrix({ metric: {} })), { code: 'bad-json', message: /without values/ });
});

test('a label called __proto__ is a label', () => {
  const text =
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__proto__":"x"},"values":[]}]}}';
  assert.deepEqual(Object.entries(parse(text).series[0]!.labels), [['__proto__', 'x']]);
});

test('more series than windows have entities for are refused when the limit is passed', () => {
  const one = '{"metric":{},"values":[]}';
  const many = `{"status":"success","data":{"resultType":"matrix","result":[${`${one},`.repeat(100_000)}${one}`;
  // Cut off behind the last: what comes after it is not looked at.
  assert.throws(() => parse(many), {
    code: 'too-many-series',
    message: /more than 100000 series: aggregate/,
  });
});

function isShort(error: Error): boolean {
  return error.message.length < 3_000;
}
