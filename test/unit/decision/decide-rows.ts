/** Rows written as pictures, decided on with a small policy. */
import { createHash } from 'node:crypto';
import type { DecisionPolicy, EntityTrack, ScoredRows } from '../../../lib/decision/contract.ts';
import {
  type DecisionClock,
  decideWindow,
  type EndedPods,
  type WindowDecision,
} from '../../../lib/decision/decide.ts';

export const T0: number = Date.parse('2026-11-22T08:00:00Z');
export const STEP: number = 60_000;
export const POLICY: DecisionPolicy = { threshold: 0.6, minDeviation: 3, k: 2, n: 3, resolveAfter: 3 };

/** One row: minute since T0, score, deviation. */
export type Row = readonly [minute: number, score: number, deviation?: number];

export function decide(
  rows: Readonly<Record<string, readonly Row[]>>,
  options: {
    policy?: DecisionPolicy;
    tracks?: Readonly<Record<string, EntityTrack>>;
    watchFrom?: number;
    modelVersion?: string;
    pods?: EndedPods;
    clock?: DecisionClock;
  } = {},
): WindowDecision {
  return decideWindow({
    rows: toScoredRows(rows),
    policy: POLICY,
    tracks: {},
    watchFrom: 0,
    step: STEP,
    detector: 'shop',
    modelVersion: 'v1',
    ...options,
  });
}

/** # anomalous, . not, ? without a score; one a minute. */
export function line(text: string, from = 0): Row[] {
  return [...text].map((sign, index) => [from + index, { '#': 0.8, '?': Number.NaN }[sign] ?? 0.1]);
}

function toScoredRows(given: Readonly<Record<string, readonly Row[]>>): ScoredRows {
  const entities = Object.keys(given).sort();
  const rows = entities.flatMap((entity, index) => given[entity]!.map((row) => ({ index, row })));
  return {
    entities,
    entityOf: Uint32Array.from(rows, ({ index }) => index),
    times: Float64Array.from(rows, ({ row }) => minute(row[0])),
    scores: Float64Array.from(rows, ({ row }) => row[1]),
    deviations: Float64Array.from(rows, ({ row }) => row[2] ?? 5),
  };
}

/** As it comes back from the bucket. */
export function stored({ tracks }: Pick<WindowDecision, 'tracks'>): Readonly<Record<string, EntityTrack>> {
  return JSON.parse(JSON.stringify(tracks)) as Record<string, EntityTrack>;
}

export function minute(count: number): number {
  return T0 + count * STEP;
}

export function id(entity: string, startMinute: number): string {
  const start = minute(startMinute);
  const hash = createHash('sha256').update(`["shop","${entity}",${start},"v1"]`).digest('hex').slice(0, 12);
  return `${new Date(start).toISOString().replaceAll(/[-:]|\.000/g, '')}-${hash}`;
}
