/**
 * How pods start, as JSON: of each workload base64 of little-endian float32, each column's bounds below and then those above; those of
 * the spans after a pod is no longer young by themselves, and where a start goes on for so long alone.
 */
import { bytes, invalid, record, show } from '../features/read-state.ts';
import type { RecentPlan } from './entity-age.ts';
import { countAllSpans, countSpans, type StartBounds, type Starts, startOf } from './starts.ts';

export function saveStarts(starts: Starts, plan: RecentPlan): object {
  const young = countSpans(plan);
  return Array.from(starts, ([workload, { columns, overrun }]) => ({
    workload,
    bounds: encodeSpans(columns, 0, young),
    ...(overrun > 0 && { later: encodeSpans(columns, young, countAllSpans(plan)) }),
  }));
}

function encodeSpans(columns: readonly StartBounds[], from: number, to: number): string {
  const parts = columns.flatMap(({ low, high }) => [low.slice(from, to), high.slice(from, to)]);
  return Buffer.concat(parts.map(({ buffer }) => Buffer.from(buffer))).toString('base64');
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
  const young = countSpans(plan);
  const all = countAllSpans(plan);
  return new Map(
    raw.map((each) => {
      const { workload, bounds, later } = record(each, 'starts');
      if (typeof workload !== 'string') throw invalid(`starts: ${show(workload)} is no workload`);
      const first = decodeSpans(bounds, { sides: 2 * columns, spans: young, what: `starts of ${workload}` });
      const rest =
        later === undefined
          ? new Float32Array(2 * columns * (all - young))
          : decodeSpans(later, {
              sides: 2 * columns,
              spans: all - young,
              what: `later starts of ${workload}`,
            });
      const wrong = rest.find((bound) => !Number.isFinite(bound));
      if (wrong !== undefined) throw invalid(`later starts of ${workload} have the bound ${wrong}`);
      const boundsAt = (side: number): Float32Array => {
        const joined = new Float32Array(all);
        joined.set(first.subarray(side * young, (side + 1) * young));
        joined.set(rest.subarray(side * (all - young), (side + 1) * (all - young)), young);
        return joined;
      };
      const own = Array.from({ length: columns }, (_, column) => ({
        low: boundsAt(2 * column),
        high: boundsAt(2 * column + 1),
      }));
      return [workload, startOf(own, plan)];
    }),
  );
}

function decodeSpans(
  raw: unknown,
  { sides, spans, what }: { readonly sides: number; readonly spans: number; readonly what: string },
): Float32Array {
  // Where the bytes lie, a typed array need not be able to begin.
  return new Float32Array(
    new Uint8Array(bytes(raw, sides * spans * Float32Array.BYTES_PER_ELEMENT, what)).buffer,
  );
}
