/**
 * Turns scores into anomalies. It is pure: the memory of an entity goes in and comes out as its track. The same rows open
 * and resolve the same anomalies, however they are cut into windows; when a pod is gone is told window by window.
 *
 * - A row is anomalous if its evidence reaches 1. By the rule of a percentile it is anomalous if its score reaches the
 *   threshold and its deviation the minimum. A row without either is not anomalous.
 * - Each entity stands alone. An anomaly opens once k of its newest n rows are anomalous and starts at the first of
 *   those; a gap longer than a step makes the count start anew. By evidence one anomalous row opens it, and it starts where
 *   that row's evidence began, as far as the row knows.
 * - It resolves after `resolveAfter` rows in a row that are not part of it, and ends a step after its newest row that is.
 *   If metrics that told of it are then still off what training predicts, they have settled at a new level (`settling.ts`),
 *   and its last state says so. A gap leaves it open: silence is no evidence of health. Only an entity that is silent for
 *   ABANDONED_AFTER has its anomaly closed; and a pod whose name never comes back sooner, while others are heard: it is gone.
 */
import { ModelError } from '../base/errors.ts';
import type { DecisionPolicy, EntityTrack, ScoredRows, Transition } from './contract.ts';
import { endWalk, passTime, startWalk, type TrackRules, type TrackWalk, takeRow } from './entity-track.ts';
import { judgeRow } from './judge-row.ts';

/** Ms for which an entity may be silent before its open anomaly resolves, and before a pod is forgotten whose name never comes back. */
export const ABANDONED_AFTER: number = 24 * 3_600_000;
/**
 * Ms, and steps, by which others were heard after a pod whose name never comes back, windows before this one, when it is gone: what a
 * scrape misses now and then is shorter.
 */
const GONE_AFTER = { ms: 30 * 60_000, steps: 3 } as const;
/** Ms for which an entity may be silent before its track is dropped. Older rows without a track are late by their age. */
export const FORGOTTEN_AFTER: number = 14 * 24 * 3_600_000;

/**
 * What time it is, epoch ms. An entity whose clock runs ahead is alone with that: time passes for the others up to
 * `now` at most.
 */
export interface DecisionClock {
  readonly now: number;
  /** No row can be later. A track that is later comes from before times were bounded: it ends, and the entity begins anew. */
  readonly latest: number;
}

/**
 * Pods whose names never come back: what is open of them ends when they are gone, hundreds of them an hour are forgotten after a
 * day, and of each workload it is remembered up to when those were decided on.
 */
export interface EndedPods {
  /** Whether the rows are of all who were there: of a dropped file, nobody knows where others are. */
  readonly isWhole: boolean;
  /** Undefined for every other entity. */
  readonly workloadOf: (entity: string) => string | undefined;
  /** By workload, epoch ms: of an entity of it without a track, rows up to here are late. */
  readonly until: Readonly<Record<string, number>>;
}

export interface WindowDecision {
  /**
   * Per row, 1 = anomalous, late rows included. By score a property of the row alone; by evidence what settled before is
   * none, of rows that are not late.
   */
  readonly anomalous: Uint8Array;
  /**
   * Rows that are anomalous by themselves but do not count, because their level settled before. A later call cannot tell
   * them.
   */
  readonly usualRows: readonly number[];
  /** To be stored and given with the next window. */
  readonly tracks: Readonly<Record<string, EntityTrack>>;
  /** To be stored and given with the next window: `until` of the pods that are forgotten. */
  readonly endedPods: EndedPods['until'];
  /** By entity in the order of the rows, then in order of time; entities without rows come last. */
  readonly transitions: readonly Transition[];
  /**
   * Rows at or before their entity's `decidedUntil`, or of a time that is forgotten by now (their entity may have been
   * decided on then): counted here and left as they were decided.
   */
  readonly lateRows: number;
}

/**
 * Decides on the rows that were not decided on before; doing it again changes nothing.
 *
 * @param given.rows sorted by entity, then time, on a grid of `step`
 * @param given.watchFrom epoch ms: earlier rows never open an anomaly
 * @param given.step ms
 * @param given.pods without it, an entity is remembered as long as any
 * @param given.clock without it, the rows' own times are the only clock
 * @throws ModelError where a score is infinite
 */
export function decideWindow(given: {
  readonly rows: ScoredRows;
  readonly policy: DecisionPolicy;
  readonly tracks: Readonly<Record<string, EntityTrack>>;
  readonly watchFrom: number;
  readonly step: number;
  readonly detector: string;
  readonly modelVersion: string;
  readonly pods?: EndedPods;
  readonly clock?: DecisionClock;
}): WindowDecision {
  const { rows, step, clock = { now: Infinity, latest: Infinity } } = given;
  // Where the grid is coarser than these times allow for, one missing row must not look like a disappearance.
  const rules: TrackRules = { ...given, abandonedAfter: Math.max(ABANDONED_AFTER, 3 * step) };
  const forgottenAfter = Math.max(FORGOTTEN_AFTER, 3 * step);
  const goneAfter = Math.max(GONE_AFTER.ms, GONE_AFTER.steps * step);

  const transitions: Transition[] = [];
  const known = new Map<string, EntityTrack>();
  // A loop: a spread of more than 125,000 does not fit on the stack.
  let newestKnown = Number.NEGATIVE_INFINITY;
  for (const [entity, track] of Object.entries(given.tracks)) {
    if (track.decidedUntil > clock.latest) {
      transitions.push(...abandon(entity, track, rules));
      continue;
    }
    known.set(entity, track);
    newestKnown = Math.max(newestKnown, Math.min(track.decidedUntil, clock.now));
  }
  const remembered = newestKnown - forgottenAfter;
  const endedPods = new Map(Object.entries(given.pods?.until ?? {}));
  const walks = new Map<string, TrackWalk>();
  const anomalous = findAnomalousRows(rows, given.policy);
  const usualRows: number[] = [];
  let lateRows = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rows.times.length; row++) {
    if (Number.isNaN(rows.deviations[row]!)) continue;
    const time = rows.times[row]!;
    newest = Math.max(newest, Math.min(time, clock.now));
    const walk = walkOf(rows.entities[rows.entityOf[row]!]!);
    if (time <= (walk.decidedUntil ?? lateUntil(walk.entity))) lateRows++;
    else {
      const judged = judgeRow(rows, row, { policy: given.policy, usual: walk.usualJoint });
      if (anomalous[row] === 1 && !judged.anomalous) usualRows.push(row);
      anomalous[row] = Number(judged.anomalous);
      takeRow(walk, { row, time, ...judged });
    }
  }

  // After a silence of the source, the first rows are not of all who are there.
  const heardBefore = Math.min(newest, newestKnown);
  const heard = new Set(walks.keys());
  const tracks: [string, EntityTrack][] = [];
  for (const entity of new Set([...walks.keys(), ...known.keys()])) {
    const walk = walkOf(entity);
    // The names of thousands that are there need not be read.
    const isMissed = !heard.has(entity) && heardBefore - (walk.decidedUntil ?? Infinity) > goneAfter;
    passTime(walk, newest, { isGone: isMissed && isPodOfWhole(entity) });
    const ended = endWalk(walk);
    transitions.push(...ended.transitions);
    if (ended.track && !isForgotten(entity, ended.track)) tracks.push([entity, ended.track]);
  }
  return {
    anomalous,
    usualRows,
    tracks: Object.fromEntries(tracks),
    endedPods: Object.fromEntries([...endedPods].filter(([, until]) => newest - until <= forgottenAfter)),
    transitions,
    lateRows,
  };

  function isPodOfWhole(entity: string): boolean {
    return given.pods?.isWhole === true && given.pods.workloadOf(entity) !== undefined;
  }

  /** Of an entity without a track. */
  function lateUntil(entity: string): number {
    if (endedPods.size === 0) return remembered;
    const workload = given.pods?.workloadOf(entity);
    const ended = workload === undefined ? undefined : endedPods.get(workload);
    return Math.max(remembered, ended ?? Number.NEGATIVE_INFINITY);
  }

  function isForgotten(entity: string, { decidedUntil, open }: EntityTrack): boolean {
    const silent = newest - decidedUntil;
    if (silent > forgottenAfter) return true;
    if (silent <= rules.abandonedAfter || open !== undefined) return false;
    const workload = given.pods?.workloadOf(entity);
    if (workload === undefined) return false;
    endedPods.set(workload, Math.max(endedPods.get(workload) ?? Number.NEGATIVE_INFINITY, decidedUntil));
    return true;
  }

  function walkOf(entity: string): TrackWalk {
    const begun = walks.get(entity) ?? startWalk(entity, known.get(entity), rules);
    walks.set(entity, begun);
    return begun;
  }
}

/** Resolves what is open: nothing of this entity will ever be later. */
function abandon(entity: string, track: EntityTrack, rules: TrackRules): readonly Transition[] {
  const walk = startWalk(entity, track, rules);
  passTime(walk, Infinity);
  return endWalk(walk).transitions;
}

function findAnomalousRows(rows: ScoredRows, policy: DecisionPolicy): Uint8Array {
  const anomalous = new Uint8Array(rows.scores.length);
  for (let row = 0; row < anomalous.length; row++) {
    const score = rows.scores[row]!;
    if (Math.abs(score) === Number.POSITIVE_INFINITY)
      throw new ModelError('bad-score', `row ${row} has the score ${score}; a score is finite or NaN`);
    anomalous[row] = Number(judgeRow(rows, row, { policy }).anomalous);
  }
  return anomalous;
}
