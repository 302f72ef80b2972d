/**
 * Writes test/fixtures/models/KIND.vN.json: one artifact of the kind's format, with rows and the scores they got.
 * Run once for each format version that is released, never over an existing file:
 * `node_modules/.bin/node scripts/reference/model-artifact.ts isolation-forest`
 */
import { writeFileSync } from 'node:fs';
import { KINDS_BY_STEPS } from '../../lib/config/model-kind.ts';
import { seedRandom } from '../../lib/maths/random.ts';
import type { ModelState } from '../../lib/models/framework/contract.ts';
import { getModel } from '../../lib/models/registry.ts';

const kind = process.argv[2] ?? '';
const names = ['cpu', 'memory', 'restarts'];
const random = seedRandom(1);
const rows = Array.from({ length: 200 }, () => [random.nextFloat() * 2 - 1, random.nextFloat() * 4 - 2, 0]);
const probes = [
  [0, 0, 0],
  [5, 0, 0],
  [0, -7, 0],
  [0, 0, 1],
  [null, 1.5, 0],
  [null, null, null],
];

/** Small ones, where the defaults make a large file. */
const PARAMS: Record<string, Readonly<Record<string, unknown>>> = {
  // A row of history is enough for a probe to have a score.
  arima: { contextRows: 2 },
  'isolation-forest': { trees: 10, sampleSize: 32, window: 2, extension: 1 },
  ensemble: {
    members: [{ kind: 'robust-z' }, { kind: 'isolation-forest', params: { trees: 10, sampleSize: 32 } }],
  },
};

/** Three rows of history are enough for a probe to have a score. */
const NETWORK = { sequenceLength: 3, hidden: 3, epochs: 5, minSequences: 1 };
for (const name of KINDS_BY_STEPS) PARAMS[name] = NETWORK;

const model = await getModel(kind);
const params = model.parseParams(PARAMS[kind] ?? {});
const fitted = await model.load(
  toPortable(
    (await model.fit(toMatrix(rows), params, { seed: 1, deadline: { remaining: () => Infinity } })).save(),
  ),
);
const { arrays, ...state } = fitted.save();
/** Behind as many rows as the model looks back on, so that each has a score. */
const probed = [...rows.slice(0, fitted.contextRows), ...probes];
const artifact = {
  state,
  arrays: Object.entries(arrays).map(([name, array]) => ({
    name,
    type: array.constructor.name,
    base64: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64'),
  })),
  names,
  rows: probed,
  scores: Array.from(await fitted.score(toMatrix(probed.map((row) => row.map((value) => value ?? NaN))))),
};
const file = new URL(`../../test/fixtures/models/${kind}.v${state.formatVersion}.json`, import.meta.url);
writeFileSync(file, `${JSON.stringify(artifact, null, 1)}\n`, { flag: 'wx' });

/** Every engine has the plain kernel, and its scores are the same on all of them. */
function toPortable(state: ModelState): ModelState {
  const { json } = state;
  const isNetwork = typeof json === 'object' && json !== null && 'build' in json;
  return isNetwork ? { ...state, json: { ...json, build: 'plain' } } : state;
}

function toMatrix(table: readonly (readonly number[])[]): Parameters<typeof model.fit>[0] {
  return {
    names,
    entities: [''],
    entityOf: new Uint32Array(table.length),
    times: Float64Array.from(table, (_, row) => row * 60_000),
    values: Float32Array.from(table.flat()),
  };
}
