/** How pods start, as JSON: of each workload base64 of little-endian float32, each column's bounds below and then those above. */
import { bytes, invalid, record, show } from '../features/read-state.ts';
import type { RecentPlan } from './entity-age.ts';
import { countSpans, type StartBounds, type Starts } from './starts.ts';

export function saveStarts(starts: Starts): object {
  return Array.from(starts, ([workload, columns]) => ({
    workload,
    bounds: Buffer.concat(
      columns.flatMap(({ low, high }) => [low, high]).map(({ buffer }) => Buffer.from(buffer)),
    ).toString('base64'),
  }));
}

/**
 * @param raw undefined: of a version that knew nothing of starts
 * @throws ArtifactError where it is inconsistent
 */
export function readStarts(
  raw: unknown,
  { columns, plan }: { readonly columns: number; readonly plan: RecentPlan },
): Starts {
  if (raw === undefined) return new Map();
  if (!Array.isArray(raw)) throw invalid(`starts: ${show(raw)} is not a list`);
  const spans = countSpans(plan);
  return new Map(
    raw.map((each) => {
      const { workload, bounds } = record(each, 'starts');
      if (typeof workload !== 'string') throw invalid(`starts: ${show(workload)} is no workload`);
      const all = bytes(
        bounds,
        2 * columns * spans * Float32Array.BYTES_PER_ELEMENT,
        `starts of ${workload}`,
      );
      // Where the bytes lie, a typed array need not be able to begin.
      const values = new Float32Array(new Uint8Array(all).buffer);
      return [workload, Array.from({ length: columns }, (_, column) => boundsAt(values, column, spans))];
    }),
  );
}

function boundsAt(values: Float32Array, column: number, spans: number): StartBounds {
  const [low, high] = [0, 1].map((side) => {
    const from = (2 * column + side) * spans;
    return values.slice(from, from + spans);
  }) as [Float32Array, Float32Array];
  return { low, high };
}
