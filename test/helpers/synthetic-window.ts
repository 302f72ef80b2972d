/** Windows with a known normal and a known fault, seeded. */
import { createHash } from 'node:crypto';
import { windowKey } from '../../lib/store/keys.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';

export const STEP = 60_000;
/** 2026-11-01T00:00:00Z. */
export const EPOCH = 1_793_491_200_000;

export interface SyntheticOptions {
  readonly detector?: string;
  /** First row, in steps after EPOCH. */
  readonly from: number;
  readonly rows: number;
  readonly entities?: readonly string[];
  readonly metrics?: readonly string[];
  /** Rows [from, to) in steps after EPOCH during which the entity's cpu is so many times what it was: ten where left out. */
  readonly fault?: {
    readonly entity: string;
    readonly from: number;
    readonly to: number;
    readonly factor?: number;
  };
}

/** Every value follows from its place, so that cutting a stretch elsewhere gives the same rows. */
export function makeWindow(options: SyntheticOptions): MetricWindow {
  const {
    detector = 'shop',
    from,
    rows,
    entities = ['cart', 'payment'],
    metrics = ['cpu', 'memory', 'requests'],
  } = options;
  const total = rows * entities.length;
  const entityOf = Uint32Array.from({ length: total }, (_, row) => Math.floor(row / rows));
  const times = Float64Array.from({ length: total }, (_, row) => EPOCH + (from + (row % rows)) * STEP);
  const columns = metrics.map((metric) =>
    Float64Array.from({ length: total }, (_, row) => {
      const entity = entities[entityOf[row]!]!;
      const at = from + (row % rows);
      const normal = 100 + 10 * Math.sin(at / 40) + 5 * noise(`${entity}/${metric}/${at}`);
      const { fault } = options;
      const faulty = fault?.entity === entity && at >= fault.from && at < fault.to && metric === 'cpu';
      return faulty ? normal * (fault.factor ?? 10) : normal;
    }),
  );
  const range = { start: EPOCH + from * STEP, end: EPOCH + (from + rows) * STEP };
  return { detector, range, step: STEP, metrics, entities, entityOf, times, columns, labels: undefined };
}

/** Drops it under the key that the exporter would give it. */
export async function dropWindow(store: ObjectStore, options: SyntheticOptions): Promise<string> {
  const window = makeWindow(options);
  const key = windowKey(window.detector, window.range);
  await store.put(key, writeWindow(window, { manifestHash: 'test' }));
  return key;
}

/** -1 to 1. */
function noise(seed: string): number {
  return createHash('md5').update(seed).digest().readUInt32LE(0) / 2 ** 31 - 1;
}

/** Declares a detector whose model is fitted at once, where the default one takes a second of a processor. */
export async function declareQuick(store: ObjectStore, detector = 'shop'): Promise<void> {
  const text = `kind: AnomalyDetector\nmetadata: { name: ${detector} }\nspec: { model: { kind: robust-z } }\n`;
  await store.put(`detectors/${detector}.yml`, new TextEncoder().encode(text));
}
