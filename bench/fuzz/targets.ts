/** Everything that reads what others wrote, each with valid inputs to begin with. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScoreRequests, parseTrainRequest } from '../../functions/s3-event.ts';
import { parseAlert } from '../../lib/alert/parse-alert.ts';
import { parseManifest } from '../../lib/config/manifest.ts';
import { loadEvidence } from '../../lib/evidence/state.ts';
import { loadFeatures } from '../../lib/features/feature-state.ts';
import { anomalySchema } from '../../lib/jobs/notify/record-anomaly.ts';
import { parseCondition } from '../../lib/labels/parse.ts';
import type { JsonValue, ModelState, TypedArray } from '../../lib/models/framework/contract.ts';
import { getModel } from '../../lib/models/registry.ts';
import { parseMatrixAnswer } from '../../lib/source/matrix-response.ts';
import { detectorStateSchema } from '../../lib/store/detector-state-schema.ts';
import { decodeJson, jsonValue } from '../../lib/store/json.ts';
import { modelManifestSchema } from '../../lib/store/model-manifest.ts';
import { decodeModelState } from '../../lib/store/model-repository.ts';
import { readWindowFile } from '../../lib/window/read-file.ts';
import { boundsOfArrival } from '../../lib/window/time-bounds.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { makeWindow, START, WINDOW } from '../fault-plans/service.ts';

export interface Target {
  readonly name: string;
  /** Of a whole run of inputs: what it costs decides how many it gets. */
  readonly share: number;
  readonly seeds: readonly Uint8Array[];
  /** Whether the seeds are JSON, and are changed as such, too. */
  readonly isJson: boolean;
  /** Reads the input, or throws. @param seed index of what the input was made of */
  read(input: Uint8Array, seed: number): unknown;
}

const ROOT = join(import.meta.dirname, '../..');
const DAY = 86_400_000;
const GRID = { start: START, end: START + WINDOW, step: 60_000 };

export function listTargets(): readonly Target[] {
  return [
    target('manifest', 0.02, files('examples/*.yml'), (input) =>
      parseManifest(textOf(input), { source: 'x.yml' }),
    ),
    target(
      'parquet',
      0.02,
      [...files('test/fixtures/parquet/**/*.parquet').filter(isSmall), ownWindow()],
      (input) => readFile(input, 'windows/detector=shop/x.parquet'),
    ),
    target('csv', 0.1, CSVS.map(bytesOf), (input) => readFile(input, 'windows/detector=shop/x.csv')),
    target(
      'prometheus',
      0.2,
      ANSWERS.map(bytesOf),
      (input) => parseMatrixAnswer(input, GRID, 'query x'),
      true,
    ),
    target('score events', 0.15, EVENTS.map(bytesOf), (input) => parseScoreRequests(textOf(input)), true),
    target(
      'train events',
      0.05,
      ['{"detector":"shop"}'].map(bytesOf),
      (input) => parseTrainRequest(textOf(input)),
      true,
    ),
    target('label expressions', 0.27, EXPRESSIONS.map(bytesOf), (input) => parseCondition(textOf(input))),
    target('alerts', 0.03, alerts(), (input) => parseAlert(textOf(input)), true),
    target(
      'anomalies',
      0.02,
      files(`${FIXTURES}/anomalies/*/*.json`),
      (input) => decodeJson('anomaly', input, anomalySchema),
      true,
    ),
    target(
      'state',
      0.06,
      bucketFiles('/state/detector=shop.json'),
      (input) => decodeJson('state', input, detectorStateSchema('shop')),
      true,
    ),
    target(
      'version manifests',
      0.03,
      bucketFiles('/manifest.json'),
      (input) => decodeJson('manifest.json', input, modelManifestSchema),
      true,
    ),
    target('features', 0.02, bucketFiles('/features.json'), (input) => loadFeatures(jsonOf(input)), true),
    target('evidence', 0.02, bucketFiles('/evidence.json'), (input) => loadEvidence(jsonOf(input)), true),
    target(
      'model files',
      0.005,
      bucketFiles('/model.json'),
      (input) => decodeModelState({ 'model.json': input, 'weights.bin': WEIGHTS }),
      true,
    ),
    target(
      'model states',
      0.005,
      MODELS.map(({ json }) => bytesOf(JSON.stringify(json))),
      loadModel,
      true,
    ),
  ];
}

function target(
  name: string,
  share: number,
  seeds: readonly Uint8Array[],
  read: Target['read'],
  isJson: boolean = false,
): Target {
  if (seeds.length === 0) throw new Error(`${name} has no inputs to begin with`);
  return { name, share, seeds, isJson, read };
}

function readFile(input: Uint8Array, source: string): unknown {
  return readWindowFile(input, {
    detector: 'shop',
    source,
    bounds: boundsOfArrival(START + 2 * DAY, 14 * DAY),
  });
}

/** As `test/fixtures/models/` has them: settings as they are, arrays in base64. */
interface StoredModel {
  readonly state: Omit<ModelState, 'arrays'>;
  readonly arrays: readonly { readonly name: string; readonly type: string; readonly base64: string }[];
}

const ARRAYS: Readonly<Record<string, new (bytes: ArrayBuffer) => TypedArray>> = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
};

const MODELS: readonly ModelState[] = files('test/fixtures/models/*.json').map((bytes) => {
  const { state, arrays } = JSON.parse(textOf(bytes)) as StoredModel;
  const read = arrays.map(({ name, type, base64 }) => {
    return [name, new ARRAYS[type]!(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)] as const;
  });
  return { ...state, arrays: Object.fromEntries(read) };
});

/** Kind and arrays are what `decodeModelState` gives; the settings are the model's own to check. */
async function loadModel(input: Uint8Array, seed: number): Promise<unknown> {
  const state = MODELS[seed]!;
  const model = await getModel(state.kind);
  return model.load({ ...state, json: jsonOf(input) });
}

const CSVS: readonly string[] = [
  'timestamp,entity,cpu,memory\n2026-11-02T00:00:00Z,a,1,2\n2026-11-02T00:01:00Z,a,1.5,2e3\n2026-11-02T00:00:00Z,b,,7\n',
  'time;pod;value\n1793577600;"x; y";1.5\n1793577660;"x; y";2.5\n',
  'ts\tcpu\tlabel\r\n1793577600000\t12\t0\r\n1793577660000\tNaN\t1\r\n1793577720000\t-Infinity\t0\r\n',
];

const ANSWERS: readonly string[] = [
  {
    data: { resultType: 'matrix', result: [seriesOf({ pod: 'a' }), seriesOf({ pod: 'b', __name__: 'up' })] },
  },
  { isPartial: false, data: { resultType: 'matrix', result: [] } },
  { infos: ['PromQL info: x'], warnings: [], data: { resultType: 'matrix', result: [seriesOf({})] } },
].map((answer) => JSON.stringify({ status: 'success', ...answer }));

function seriesOf(metric: object): object {
  return {
    metric,
    values: Array.from({ length: 15 }, (_, row) => [START / 1000 + row * 60, String(row / 7)]),
  };
}

const EVENTS: readonly string[] = [
  JSON.stringify({
    Records: ['windows/detector%3Dshop/a+b.parquet', 'windows/detector=x/%E2%82%AC.csv'].map((key) => ({
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'b' }, object: { key, size: 1, eTag: 'e' } },
    })),
  }),
  JSON.stringify({ Event: 's3:TestEvent', Bucket: 'b' }),
  '{"detector":"shop"}',
];

const EXPRESSIONS: readonly string[] = [
  'cpu > 90% and memory / limit >= 0.95 or not (errors == 0)',
  'increase(restarts, 30m) >= 1 and median(cpu, 1h) < 2k',
  'cpu - lag(cpu, 5m) > 3 * mean(cpu, 15m)',
  '-(1.5e3 + requests) != 4Mi',
  `${'('.repeat(90)}cpu${')'.repeat(90)} > 1`,
];

const FIXTURES = 'test/fixtures/buckets/*';
const WEIGHTS: Uint8Array = files(`${FIXTURES}/models/**/weights.bin`)[0]!;

function bucketFiles(end: string): readonly Uint8Array[] {
  return files(`${FIXTURES}/**${end}`).filter(isSmall);
}

function alerts(): readonly Uint8Array[] {
  return files(`${FIXTURES}/incidents/*.json`).flatMap((bytes) => {
    const { changes } = JSON.parse(textOf(bytes)) as {
      readonly changes: readonly { readonly alert: object }[];
    };
    return changes.map(({ alert }) => bytesOf(JSON.stringify(alert)));
  });
}

function ownWindow(): Uint8Array {
  return writeWindow(makeWindow({ start: START, end: START + WINDOW }), { manifestHash: 'x' });
}

/** Larger ones take longer, and say no more. */
function isSmall({ length }: Uint8Array): boolean {
  return length < 30_000;
}

function files(pattern: string): readonly Uint8Array[] {
  return globSync(pattern, { cwd: ROOT })
    .sort()
    .map((name) => readFileSync(join(ROOT, name)));
}

function jsonOf(input: Uint8Array): JsonValue {
  return decodeJson('input', input, jsonValue);
}

function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
