/** The raw columns of a plan, computed from a window's metrics: for each entity by itself, looking back only. */
import { FeatureError } from '../base/errors.ts';
import { applyTransform, twinOf } from './apply-transform.ts';
import { takeCalendar } from './calendar.ts';
import { type GridRows, gatherValues, layOutRows, type Stretch, spreadValues } from './grid-rows.ts';
import type { FeaturePlan } from './plan.ts';
import type { ColumnSource, PlannedColumn, Transform } from './planned-column.ts';
import { divide } from './pointwise.ts';
import { checkColumns, type PlannedRows } from './source-columns.ts';

/** A step of the way from a source to columns; what several columns have in common is computed once. */
interface Node {
  readonly key: string;
  readonly source: ColumnSource;
  readonly transforms: readonly Transform[];
}

/**
 * One array per planned column, in order, with a value for each of `rows`. Columns are computed as they are asked for,
 * and each array is good until the next one is asked for: its memory is then used again. No more columns are in memory
 * than their common parts need.
 * @throws FeatureError where the window lacks a metric of the plan, or has another step than the plan
 */
export function* deriveColumns(given: PlannedRows): Generator<Float64Array, void, undefined> {
  checkColumns(given);
  const { window, plan, rows } = given;
  if (plan.step !== null && plan.step !== window.step)
    throw new FeatureError(
      'wrong-step',
      `the plan's columns are made at a step of ${plan.step} ms, the window has ${window.step} ms`,
    );
  const grid: GridRows =
    plan.contextRows > 0
      ? layOutRows(window, plan.contextRows)
      : { length: window.times.length, stretches: [], places: undefined };
  const kept = new Map<string, Float64Array>();
  const uses = countUses(plan);
  const free: Float64Array[] = [];
  for (const column of plan.columns) {
    const node = nodeOf(column);
    const values = compute(node);
    // A source stays where it is: it has never left the order of the window.
    const places = column.transforms.length === 0 ? undefined : grid.places;
    yield gatherValues(values, { places }, rows);
    release(node, values);
  }

  /** Laid out on the grid where there are transforms, in the window's order where there are none. */
  function compute(node: Node): Float64Array {
    const ready = kept.get(node.key) ?? transform(node);
    const left = (uses.get(node.key) ?? 1) - 1;
    uses.set(node.key, left);
    if (left > 0) kept.set(node.key, ready);
    else kept.delete(node.key);
    return ready;
  }

  /** What nobody reads any more; sources are the window's own. */
  function release({ key, transforms }: Node, values: Float64Array): void {
    if (transforms.length > 0 && !kept.has(key)) free.push(values);
  }

  function allocate(): Float64Array {
    return free.pop() ?? new Float64Array(grid.length);
  }

  function transform(node: Node): Float64Array {
    const last = node.transforms.at(-1);
    if (last === undefined) return readSource(node.source, given);
    const before = nodeOf({ ...node, transforms: node.transforms.slice(0, -1) });
    const input = compute(before);
    const values = before.transforms.length === 0 ? spreadValues(input, grid) : input;
    const out = allocate();
    const twin = findTwin(node, last);
    const twinOut = twin && uses.has(twin) && !kept.has(twin) ? allocate() : undefined;
    for (const stretch of stretchesOf(grid)) {
      const cut = (all: Float64Array): Float64Array => all.subarray(stretch.from, stretch.to);
      applyTransform(last, {
        values: cut(values),
        out: cut(out),
        twin: twinOut && cut(twinOut),
        stretch,
        minWindowShare: plan.minWindowShare,
        step: window.step,
      });
    }
    if (twin && twinOut) kept.set(twin, twinOut);
    release(before, input);
    return out;
  }
}

function readSource(source: ColumnSource, { window, availability }: PlannedRows): Float64Array {
  const metric = (name: string): Float64Array => window.columns[window.metrics.indexOf(name)]!;
  switch (source.kind) {
    case 'metric':
      return metric(source.metric);
    case 'ratio': {
      const out = new Float64Array(window.times.length);
      divide(metric(source.of), metric(source.to), out);
      return out;
    }
    case 'calendar':
      return takeCalendar(source, window.times);
    case 'availability':
      return availability;
  }
}

/** A plan without look-back has no layout: a logarithm then runs over all rows at once. */
function stretchesOf({ stretches, length }: GridRows): readonly Stretch[] {
  return stretches.length > 0 || length === 0 ? stretches : [{ from: 0, to: length, firstCell: 0 }];
}

/** The node that falls off when `node` is computed. */
function findTwin({ source, transforms }: Node, last: Transform): string | undefined {
  const twin = twinOf(last);
  return twin && nodeOf({ source, transforms: [...transforms.slice(0, -1), twin] }).key;
}

/** How often each node is read: by columns that it is, and by nodes that it leads to. */
function countUses({ columns }: FeaturePlan): Map<string, number> {
  const uses = new Map<string, number>();
  for (const column of columns) {
    for (let end = column.transforms.length; end >= 0; end--) {
      const { key } = nodeOf({ ...column, transforms: column.transforms.slice(0, end) });
      const before = uses.get(key) ?? 0;
      uses.set(key, before + 1);
      // Computed once, a node reads those that lead to it once.
      if (before > 0) break;
    }
  }
  return uses;
}

function nodeOf({ source, transforms }: Pick<PlannedColumn, 'source' | 'transforms'>): Node {
  return { key: JSON.stringify([source, transforms]), source, transforms };
}
