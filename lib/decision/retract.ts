/**
 * A corrected window may show that an anomaly was not there. It is taken back once two things hold: all of its rows, from
 * the first anomalous one to the newest, lie in windows whose corrected bytes have been scored, and none of these rows is
 * anomalous any more. An anomaly that only became weaker, or began later, stays. A row that lacks the metric that told of
 * it proves nothing. Pure.
 */

import { anomalyId } from './anomaly-id.ts';
import { keepDriftOf } from './anomaly-walk.ts';
import type { DecisionPolicy, EntityTrack, OpenAnomaly, ScoredRows, Transition } from './contract.ts';
import { measureOff } from './judge-row.ts';
import { forgetDrifts } from './slow-drift.ts';

/** Epoch ms of the first row and the newest, both inclusive. */
export type RowRange = readonly [from: number, to: number];

/** One that is over, as its last change left it. */
export interface EndedAnomaly
  extends Pick<
    OpenAnomaly,
    'id' | 'start' | 'firstAnomalous' | 'driftOf' | 'lastAnomalous' | 'sequence' | 'peakScore'
  > {
  readonly entity: string;
  /** Epoch ms, exclusive. */
  readonly end: number;
  /** That told most of it; absent where a model alone did. */
  readonly metric?: string | undefined;
}

/** What is remembered of anomalies that may still be taken back. Plain data, kept in the detector's state. */
export interface Retractable {
  /** By their end, oldest first. */
  readonly ended: readonly EndedAnomaly[];
  /** By id, also of open ones: ranges that corrected windows have shown to be usual. Ascending, apart from each other. */
  readonly cleared: Readonly<Record<string, readonly RowRange[]>>;
}

export interface Retraction extends Retractable {
  readonly tracks: Readonly<Record<string, EntityTrack>>;
  /** Each with the row of the window that stands for what was right all along. */
  readonly transitions: readonly Transition[];
}

/**
 * @param given.rows of a corrected window
 * @param given.anomalous per row, 1 = anomalous
 * @param given.isMeasured whether a row has a value of the metric; of all of them, where none is named
 * @param given.tracks as the window left them
 * @param given.step ms
 */
export function retractAnomalies(given: {
  readonly rows: ScoredRows;
  readonly anomalous: Uint8Array;
  readonly isMeasured: (row: number, metric: string | undefined) => boolean;
  readonly policy: DecisionPolicy;
  readonly tracks: Readonly<Record<string, EntityTrack>>;
  readonly before: Retractable;
  readonly step: number;
  readonly detector: string;
  readonly modelVersion: string;
}): Retraction {
  const { tracks, before, step, detector, modelVersion } = given;
  const open = Object.entries(tracks).flatMap(([entity, { open: anomaly }]) =>
    anomaly === undefined ? [] : [{ ...anomaly, entity, end: anomaly.lastAnomalous + step }],
  );
  const cleared = new Map(Object.entries(before.cleared));
  const spans = findSpans(given.rows);
  const transitions: Transition[] = [];
  for (const anomaly of [...before.ended, ...open]) {
    const { id, entity, start, firstAnomalous = start, lastAnomalous } = anomaly;
    // Another version judges by another measure: that it finds nothing there says nothing of the data.
    if (id !== anomalyId({ detector, entity, firstAnomalous, modelVersion })) continue;
    const seen = lookAt(given, spans.get(entity), anomaly);
    if (seen === undefined) continue;
    const ranges = seen.isUsual
      ? join([...(cleared.get(id) ?? []), ...seen.measured], step)
      : (cleared.get(id) ?? []).filter(([from, to]) => to < seen.range[0] || from > seen.range[1]);
    if (ranges.length > 0) cleared.set(id, ranges);
    else cleared.delete(id);
    if (!ranges.some(([from, to]) => from <= firstAnomalous && to >= lastAnomalous)) continue;
    transitions.push({
      anomalyId: id,
      entity,
      state: 'retracted',
      sequence: anomaly.sequence + 1,
      start,
      ...keepDriftOf(anomaly),
      lastAnomalous,
      end: anomaly.end,
      tellingRow: seen.row,
      peakScore: anomaly.peakScore,
    });
  }
  const retracted = new Set(transitions.map((transition) => transition.anomalyId));
  const ended = before.ended.filter(({ id }) => !retracted.has(id));
  const known = new Set([...ended, ...open].map(({ id }) => id).filter((id) => !retracted.has(id)));
  return {
    transitions,
    ended,
    cleared: Object.fromEntries([...cleared].filter(([id]) => known.has(id))),
    tracks: transitions.reduce(forget, tracks),
  };
}

interface Seen {
  readonly range: RowRange;
  /** One a row. */
  readonly measured: readonly RowRange[];
  readonly isUsual: boolean;
  /** Of the window, the one that stands out most. */
  readonly row: number;
}

/** Rows of each entity, the end exclusive: they are sorted by entity. */
function findSpans({ entities, entityOf }: ScoredRows): ReadonlyMap<string, RowRange> {
  const spans = new Map<string, RowRange>();
  for (let from = 0; from < entityOf.length; ) {
    let to = from + 1;
    while (to < entityOf.length && entityOf[to] === entityOf[from]) to++;
    spans.set(entities[entityOf[from]!]!, [from, to]);
    from = to;
  }
  return spans;
}

/** What the window has of an anomaly's stretch; undefined: nothing. */
function lookAt(
  {
    rows,
    anomalous,
    isMeasured,
    policy,
  }: Pick<Parameters<typeof retractAnomalies>[0], 'rows' | 'anomalous' | 'isMeasured' | 'policy'>,
  [from, to]: RowRange = [0, 0],
  {
    start,
    firstAnomalous = start,
    driftOf,
    lastAnomalous,
    metric,
  }: Pick<EndedAnomaly, 'start' | 'firstAnomalous' | 'driftOf' | 'lastAnomalous' | 'metric'>,
): Seen | undefined {
  const measured: RowRange[] = [];
  let isUsual = true;
  let highest = -Infinity;
  let highestRow = -1;
  for (let row = from; row < to; row++) {
    const time = rows.times[row]!;
    if (time < firstAnomalous || time > lastAnomalous || !isMeasured(row, metric)) continue;
    const { evidence } = rows;
    const level =
      policy.by === 'evidence' && evidence !== undefined
        ? Math.max(evidence.metrics[row]!, evidence.joint[row]!)
        : rows.scores[row]!;
    measured.push([time, time]);
    isUsual &&= anomalous[row] === 0 && !isDrifting(rows, row, { driftOf, policy });
    if (highestRow === -1 || level > highest) highestRow = row;
    highest = Math.max(highest, level);
  }
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { range: [first[0], last[1]], measured, isUsual, row: highestRow };
}

/**
 * What a slow drift is told by is no single row's evidence. Of any other anomaly it proves nothing that a metric is off what training
 * predicts: one that settled at a new level is, until a training has learned that.
 */
function isDrifting(
  { evidence }: ScoredRows,
  row: number,
  {
    driftOf,
    policy,
  }: { readonly driftOf: EndedAnomaly['driftOf']; readonly policy: Pick<DecisionPolicy, 'threshold'> },
): boolean {
  if (driftOf === undefined || evidence === undefined) return false;
  return measureOff(evidence, row, driftOf) >= policy.threshold;
}

/** Ranges that touch, at most a step apart, are one. */
function join(ranges: readonly RowRange[], step: number): readonly RowRange[] {
  const joined: RowRange[] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + step)
      joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  return joined;
}

/** What was not so makes nothing that comes later old news. */
function forget(
  tracks: Readonly<Record<string, EntityTrack>>,
  retracted: Transition,
): Readonly<Record<string, EntityTrack>> {
  const { anomalyId: id, entity, start, lastAnomalous } = retracted;
  const track = tracks[entity];
  if (track === undefined) return tracks;
  const { told: before, spells: off, drifts: drifted, ...rest } = track;
  const told = before?.filter(({ time }) => time < start || time > lastAnomalous) ?? [];
  const spells = off?.filter(({ from, until }) => until < start || from > lastAnomalous) ?? [];
  const drifts = drifted && forgetDrifts(drifted, retracted);
  return {
    ...tracks,
    [entity]: {
      ...rest,
      ...(told.length > 0 && { told }),
      ...(spells.length > 0 && { spells }),
      ...(drifts !== undefined && { drifts }),
      open: track.open?.id === id ? undefined : track.open,
    },
  };
}
