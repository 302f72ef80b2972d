/**
 * What people and programs leave in a bucket beside good windows, as plain data: a kind, when it comes, and a seed for the
 * rest. Most of the kinds have ended a detector before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import { manifestKey, windowsPrefix } from '../../lib/store/keys.ts';
import { type ColumnToWrite, writeColumns } from '../../lib/window/write-window.ts';
import type { Cloud } from '../fault-plans/cloud.ts';
import { DETECTOR, METRICS, MINUTE, STEPS } from '../fault-plans/service.ts';
import { UNUSABLE_SERIES, USABLE_SERIES } from './poison-series.ts';

export interface Poison {
  /** One of KINDS. */
  readonly kind: string;
  /** Of the service's life: before which it is put into the bucket. */
  readonly step: number;
  readonly seed: number;
}

interface Given {
  readonly random: Random;
  /** Epoch ms. */
  readonly now: number;
}

type Make = (given: Given) => readonly PlacedObject[];

interface PlacedObject {
  readonly key: string;
  readonly body: Uint8Array;
}

const PREFIX = windowsPrefix(DETECTOR);
const PARQUET_FIXTURES = new URL('../../test/fixtures/parquet/', import.meta.url);
const FOREIGN_FILES: readonly string[] = readdirSync(PARQUET_FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.parquet'))
  .sort();
const IN_2099 = Date.UTC(2099, 0, 1);
/** No window's length, so that it is nobody's name. */
const ROWS = 5;
const MOST_POISONS = 12;

/** Nothing of these can be used: they come at any time. */
const UNUSABLE: Readonly<Record<string, Make>> = {
  text: ({ random }) => named(random, '.parquet', text('hello, world')),
  nothing: ({ random }) => named(random, '.parquet', new Uint8Array()),
  'cut file': ({ random, now }) => {
    const whole = oddRows({ now });
    return named(random, '.parquet', whole.slice(0, random.nextBelow(whole.length)));
  },
  'footer that claims more': ({ random }) => {
    const body = Buffer.concat([text('PAR1'), Buffer.alloc(40, 7), Buffer.alloc(4), text('PAR1')]);
    body.writeUInt32LE(random.nextUint32(), 44);
    return named(random, '.parquet', body);
  },
  'rows of 2099': ({ random }) => named(random, '.parquet', oddRows({ now: IN_2099 })),
  'rows of 1970': ({ random }) => named(random, '.parquet', oddRows({ now: 10 * MINUTE })),
  'name of 2099': ({ random }) => [
    {
      key: `${PREFIX}date=2099-01-01/20990101T000000Z_20990101T00${10 + random.nextBelow(50)}00Z.parquet`,
      body: text('x'),
    },
  ],
  'file called as a reason': ({ random }) => {
    const key = `${PREFIX}${nameOf(random)}`;
    return ['', '.reason.json', '.left-out.json'].map((ending) => ({
      key: key + ending,
      body: text('{"form'),
    }));
  },
  'key of 1,015 bytes': ({ random }) => {
    const name = nameOf(random);
    return [{ key: `${PREFIX}${name}${'k'.repeat(1_015 - PREFIX.length - name.length)}`, body: text('x') }];
  },
  'reason that is cut': ({ random }) => {
    const key = `${PREFIX}${nameOf(random)}`;
    return [
      { key: `quarantine/${key}.reason.json`, body: text('{"formatVersion": 1, "key') },
      { key, body: text('x') },
    ];
  },
  'text of a CSV': ({ random }) => named(random, '.csv', text('=cmd(),,"\n\u0000\u001b[31m;;\n'.repeat(20))),
  'marker of another writer': ({ random }) => [
    { key: `${PREFIX}${nameOf(random)}/_SUCCESS`, body: new Uint8Array() },
    { key: `${PREFIX}${nameOf(random)}/.part.crc`, body: text('crc') },
    { key: `${PREFIX}${nameOf(random)}/`, body: new Uint8Array() },
  ],
  'no detector': ({ random }) => [
    { key: `windows/${nameOf(random)}.parquet`, body: text('x') },
    { key: `windows/detector=/${nameOf(random)}.parquet`, body: text('x') },
  ],
  'manifest that is none': ({ random }) => [
    { key: manifestKey(`bad-${nameOf(random)}`), body: text('kind: AnomalyDetector\nspec: [') },
    { key: `detectors/${nameOf(random)}.json`, body: text('{}') },
  ],
  'second manifest': () => [{ key: `detectors/${DETECTOR}.yaml`, body: text('kind: AnomalyDetector\n') }],
  'objects of nobody': ({ random }) => [
    { key: `scores/detector=${DETECTOR}/${nameOf(random)}`, body: text('x') },
    { key: `anomalies/detector=${DETECTOR}/${nameOf(random)}.json`, body: text('{') },
    { key: `incidents/${nameOf(random)}.json`, body: text('{') },
    { key: `models/detector=${DETECTOR}/version=${nameOf(random)}/manifest.json`, body: text('{') },
    { key: `state/detector=${nameOf(random)}.json`, body: text('{') },
    { key: `quarantine/${nameOf(random)}`, body: text('x') },
  ],
};

/** Rows of these may be used, of an entity of their own: they come once the model is trained, which would learn from them. */
const USABLE: Readonly<Record<string, Make>> = {
  'file of another writer': ({ random }) => {
    const name = FOREIGN_FILES[random.nextBelow(FOREIGN_FILES.length)]!;
    return named(random, '.parquet', readFileSync(new URL(name, PARQUET_FIXTURES)));
  },
  'flipped bytes': ({ random, now }) => {
    const body = oddRows({ now }).slice();
    for (let flips = 1 + random.nextBelow(8); flips > 0; flips--)
      body[random.nextBelow(body.length)] = random.nextBelow(256);
    return named(random, '.parquet', body);
  },
  'one row of 2099': ({ random, now }) => named(random, '.parquet', oddRows({ now, first: IN_2099 })),
  'one row of 1970': ({ random, now }) => named(random, '.parquet', oddRows({ now, first: 0 })),
  'name of 300 kB': ({ random, now }) =>
    named(random, '.parquet', oddRows({ now, entity: 'A'.repeat(300_000) })),
  'name that prototypes know': ({ random, now }) =>
    named(random, '.parquet', oddRows({ now, entity: '__proto__' })),
  'other metrics': ({ random, now }) =>
    named(random, '.parquet', oddRows({ now, metrics: ['cpus', 'memory'] })),
  'huge values': ({ random, now }) => named(random, '.parquet', oddRows({ now, value: 2 ** 63 })),
  'values that are none': ({ random, now }) => named(random, '.parquet', oddRows({ now, value: NaN })),
  'infinite values': ({ random, now }) => named(random, '.parquet', oddRows({ now, value: Infinity })),
  'CSV with a wrong row': ({ random, now }) => {
    const time = new Date(now).toISOString();
    const rows = [`${time},odd,1,2`, `${time},odd,eleven,12 MiB`, `${time},odd`, '2099-01-01,odd,1,1'];
    return named(
      random,
      '.csv',
      text(['timestamp,entity,cpu,memory', ...rows.slice(random.nextBelow(4))].join('\n')),
    );
  },
};

const ANY_TIME = [...Object.keys(UNUSABLE), ...Object.keys(UNUSABLE_SERIES)];
export const KINDS: readonly string[] = [...ANY_TIME, ...Object.keys(USABLE), ...Object.keys(USABLE_SERIES)];

export function drawPoisons(seed: number): readonly Poison[] {
  const random = seedRandom(seed);
  return Array.from({ length: 1 + random.nextBelow(MOST_POISONS) }, () => {
    const kind = KINDS[random.nextBelow(KINDS.length)]!;
    const from = ANY_TIME.includes(kind) ? 0 : STEPS.learning;
    return { kind, step: from + random.nextBelow(STEPS.all - from), seed: random.nextUint32() };
  });
}

/** Of the bucket; what a source answers is in `poison-series.ts`. */
export async function placePoison(cloud: Cloud, { kind, seed }: Poison): Promise<void> {
  const make = { ...UNUSABLE, ...USABLE }[kind];
  if (make === undefined) return;
  const now = Math.floor(cloud.clock.now / MINUTE) * MINUTE - ROWS * MINUTE;
  for (const { key, body } of make({ random: seedRandom(seed), now })) await cloud.store.put(key, body);
}

export function describePoison({ kind, step, seed }: Poison): string {
  return `${kind} before step ${step} (${seed})`;
}

function named(random: Random, ending: string, body: Uint8Array): readonly PlacedObject[] {
  return [{ key: `${PREFIX}${nameOf(random)}${ending}`, body }];
}

function nameOf(random: Random): string {
  return `x${random.nextUint32().toString(36)}`;
}

/** As another writer's file, of an entity that no good window has. */
function oddRows(given: {
  readonly now: number;
  readonly entity?: string;
  readonly metrics?: readonly string[];
  /** Time of the first row. */
  readonly first?: number;
  readonly value?: number;
}): Uint8Array {
  const { now, entity = 'odd', metrics = METRICS, first, value } = given;
  const times = Float64Array.from({ length: ROWS }, (_, row) => now + row * MINUTE);
  if (first !== undefined) times[0] = first;
  const columns = metrics.map((name): ColumnToWrite => {
    const values = times.map((_, row) => value ?? 100 + row);
    return { name, type: 'double', values };
  });
  return writeColumns({
    columns: [
      { name: 'ts', type: 'timestamp', values: times },
      { name: 'pod', type: 'string', dictionary: [entity], codes: new Uint32Array(ROWS) },
      ...columns,
    ],
  });
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
