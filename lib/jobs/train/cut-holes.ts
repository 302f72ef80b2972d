/** Takes the rows of holes out of a history. A feature that looks back over a hole finds nothing there, as after an outage. */
import { EXCLUDED_NAMES } from '../../answers/exclusion.ts';
import { matchesAll, readMatcher } from '../../answers/matcher.ts';
import { ArtifactError } from '../../base/errors.ts';
import { nameWorkload, workloadOf } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import { changePreparedRows } from '../../features/combine-prepared-rows.ts';
import type { PreparedRows } from '../../features/prepare-rows.ts';
import { lowerBound } from '../../maths/quantile.ts';
import type { LeftOutOfTraining } from '../../store/model-manifest.ts';
import { HOLE_REASONS, type TrainingHole, type TrainingHoles } from '../../store/training-holes.ts';
import { selectRows } from '../../window/select-rows.ts';
import type { MetricWindow } from '../../window/window.ts';

/**
 * Of a workload's rows, the share that anomalies nobody answered may take: what it does for more than half of the time is
 * what is usual for it, whatever a model once said.
 */
const MOST_UNANSWERED = 0.5;
const NOBODY = -1;

type Subject = Pick<Detector, 'name' | 'entityLabels' | 'targetService'> & {
  /** As `MetricWindow.podOwners`, of the whole history. */
  readonly podOwners?: MetricWindow['podOwners'];
};

export interface CutRows {
  readonly rows: PreparedRows;
  /** With every range that cost a row; undefined where there is nothing to tell. */
  readonly leftOut: LeftOutOfTraining | undefined;
}

/** Each row with the hole that has it, or NOBODY. */
interface Owned {
  /** The last one to claim a row has it: people come after models. */
  readonly holes: readonly TrainingHole[];
  readonly owners: Int32Array;
  readonly window: MetricWindow;
  /** Per row, 0 where nothing was measured: it is no loss. */
  readonly availability: Float64Array;
}

/** Ranges that a manifest lists: rows by reason are told of all. */
const MOST_LISTED = 100;

/** As a manifest has it: the ranges with the most rows. */
export function listLeftOut(leftOut: LeftOutOfTraining): LeftOutOfTraining {
  const { ranges } = leftOut;
  const rangesNotListed = Math.max(0, ranges.length - MOST_LISTED);
  if (rangesNotListed === 0) return leftOut;
  const listed = new Set(ranges.toSorted((a, b) => b.rows - a.rows).slice(0, MOST_LISTED));
  return { ...leftOut, ranges: ranges.filter((range) => listed.has(range)), rangesNotListed };
}

/** @param history sorted by entity, then time */
export function cutHoles(history: PreparedRows, given: TrainingHoles, of: Subject): CutRows {
  const { holes, unread, tooUnlike } = given;
  const others = { ...(unread > 0 && { unread }), ...(tooUnlike !== undefined && { tooUnlike }) };
  const hasOthers = Object.keys(others).length > 0;
  if (holes.length === 0)
    return { rows: history, leftOut: hasOthers ? { rows: {}, ranges: [], ...others } : undefined };
  const owned = claimRows(history, holes, of);
  const takenIn = takeInUsual(owned, of);
  const ranges = describeRanges(owned);
  const isTold = ranges.length > 0 || takenIn !== undefined || hasOthers;
  const { owners } = owned;
  return {
    rows: owners.some((owner) => owner !== NOBODY)
      ? changePreparedRows(history, (window) => selectRows(window, (row) => owners[row] === NOBODY))
      : history,
    leftOut: isTold
      ? {
          rows: sumByReason(ranges),
          ranges,
          ...(takenIn !== undefined && { takenIn }),
          ...others,
        }
      : undefined,
  };
}

function claimRows(
  { window, availability }: PreparedRows,
  given: readonly TrainingHole[],
  of: Subject,
): Owned {
  const rank = ({ reason }: TrainingHole): number => HOLE_REASONS.indexOf(reason);
  const holes = given.toSorted((a, b) => rank(b) - rank(a));
  const owners = new Int32Array(window.times.length).fill(NOBODY);
  const stretches = findStretches(window);
  const known = [...stretches.keys()];
  for (const [at, hole] of holes.entries())
    for (const entity of entitiesOf(hole, known, of)) {
      const { from, to } = stretches.get(entity) ?? { from: 0, to: 0 };
      const times = window.times.subarray(from, to);
      owners.fill(at, from + lowerBound(times, hole.start), from + lowerBound(times, hole.end));
    }
  return { holes, owners, window, availability };
}

/** Entity → its rows, `to` exclusive. */
function findStretches({
  entities,
  entityOf,
}: MetricWindow): ReadonlyMap<string, { readonly from: number; readonly to: number }> {
  const stretches = new Map<string, { readonly from: number; readonly to: number }>();
  for (let from = 0, row = 1; row <= entityOf.length; row++) {
    if (row < entityOf.length && entityOf[row] === entityOf[from]) continue;
    stretches.set(entities[entityOf[from]!]!, { from, to: row });
    from = row;
  }
  return stretches;
}

/** @throws ArtifactError where what an earlier run kept is no matcher of this release */
function entitiesOf(
  { entity, matchers = [] }: TrainingHole,
  known: readonly string[],
  of: Subject,
): readonly string[] {
  if (entity !== undefined) return [entity];
  const read = matchers.map((text) => {
    const matcher = readMatcher(text, EXCLUDED_NAMES);
    if (!('problem' in matcher)) return matcher;
    throw new ArtifactError('bad-json', `a hole has ${JSON.stringify(text)}: must be ${matcher.problem}`);
  });
  return known.filter((name) => {
    const own = workloadOf(name, of.entityLabels, of.podOwners?.get(name)).name;
    const workload = own || of.targetService || of.name;
    return matchesAll(read, { detector: of.name, entity: name, workload });
  });
}

/** Gives back the rows of workloads that would be left with less than half of them. */
function takeInUsual(
  { holes, owners, window, availability }: Owned,
  of: Subject,
): LeftOutOfTraining['takenIn'] {
  const isByModel = holes.map(({ reason }) => reason === 'unanswered' || reason === 'settled');
  if (!isByModel.includes(true)) return undefined;
  const isUnanswered = (row: number): boolean => owners[row] !== NOBODY && isByModel[owners[row]!] === true;
  const workloads = window.entities.map((entity) =>
    nameWorkload(entity, of.entityLabels, of.podOwners?.get(entity)),
  );
  const counts = new Map<string, { all: number; unanswered: number }>();
  for (const [row, owner] of owners.entries()) {
    const isCounted = availability[row]! > 0 && (owner === NOBODY || isUnanswered(row));
    if (!isCounted) continue;
    const workload = workloads[window.entityOf[row]!]!;
    const count = counts.get(workload) ?? { all: 0, unanswered: 0 };
    counts.set(workload, count);
    count.all++;
    if (isUnanswered(row)) count.unanswered++;
  }
  const usual = new Map([...counts].filter(([, { all, unanswered }]) => unanswered > MOST_UNANSWERED * all));
  if (usual.size === 0) return undefined;
  for (const row of owners.keys())
    if (isUnanswered(row) && usual.has(workloads[window.entityOf[row]!]!)) owners[row] = NOBODY;
  const rows = [...usual.values()].reduce((sum, { unanswered }) => sum + unanswered, 0);
  return { rows, workloads: usual.size };
}

/** In order of time; none for a hole that cost no measured row. */
function describeRanges({ holes, owners, window, availability }: Owned): LeftOutOfTraining['ranges'] {
  const rows = new Uint32Array(holes.length);
  for (const [row, owner] of owners.entries()) if (owner !== NOBODY && availability[row]! > 0) rows[owner]!++;
  const { range } = window;
  return holes
    .flatMap(({ reason, of, value, usual, entity, start, end }, at) =>
      rows[at] === 0
        ? []
        : [
            {
              reason,
              of,
              ...(value !== undefined && { value }),
              ...(usual !== undefined && { usual }),
              ...(entity !== undefined && { entity }),
              start: new Date(Math.max(start, range.start)).toISOString(),
              end: new Date(Math.min(end, range.end)).toISOString(),
              rows: rows[at]!,
            },
          ],
    )
    .sort((a, b) => compare(a.start, b.start) || compare(a.of, b.of));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sumByReason(ranges: LeftOutOfTraining['ranges']): LeftOutOfTraining['rows'] {
  const sums: Record<string, number> = {};
  for (const { reason, rows } of ranges) sums[reason] = (sums[reason] ?? 0) + rows;
  return sums;
}
