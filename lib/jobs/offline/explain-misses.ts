/** Explains why a labelled event had no incident: how near it came and by what, or why it was not judged at all. */
import { formatDuration } from '../../base/duration.ts';
import type { DecisionPolicy, ScoredRows } from '../../decision/contract.ts';
import { isAnomalous } from '../../decision/is-anomalous.ts';
import { type JudgedRow, judgeRow } from '../../decision/judge-row.ts';
import { graceOf } from '../../evidence/entity-age.ts';
import { describeComponent, SHORT, type Side } from '../../evidence/statistics.ts';
import type { TimeEvent } from '../../maths/metrics/events.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';

export interface Miss extends TimeEvent {
  /**
   * `unwatched`: over before anything was watched; `no-score`: nothing to judge it by; `young`: its entity was too new;
   * `below`: it came no nearer to the threshold; `brief`: fewer than k of n rows were anomalous; `deviation`: no metric
   * was far enough from its centre; `told`: rows were anomalous, for what had been told of or had settled before;
   * `untold`: an anomaly was found, and no message told of it.
   */
  readonly why: 'unwatched' | 'no-score' | 'young' | 'below' | 'brief' | 'deviation' | 'told' | 'untold';
  /** Largest evidence or score inside it as a share of the threshold; undefined where there is none. */
  readonly reached: number | undefined;
  /** What that is of; undefined where the version goes by the score. */
  readonly by: MissCause | undefined;
  /** All of it for people: "reached 81 % of the threshold, by cpu above what was expected, mean over 2h". */
  readonly said: string;
}

export type MissCause =
  | { readonly kind: 'model' }
  | { readonly kind: 'several' }
  | {
      readonly kind: 'metric';
      /** As columns are called: what was derived from it is part of the name. */
      readonly metric: string;
      readonly side: Side;
      /** Ms of which this is the mean; 0: of 3 of 4 rows. */
      readonly over: number;
    };

/** What the rows tell. */
type JudgedWhy = Exclude<Miss['why'], 'untold'>;

type Fitted = Pick<FittedDetector, 'plan' | 'evidence'> & {
  readonly manifest: Pick<FittedDetector['manifest'], 'policy' | 'step'>;
};

/**
 * @param given.rows of the event's entity, with those before it
 * @param given.watchFrom epoch ms: earlier rows open no incident
 */
export function explainMiss(given: {
  readonly event: TimeEvent;
  readonly rows: ScoredRows;
  readonly fitted: Fitted;
  readonly watchFrom: number;
}): Miss {
  const { event, rows, fitted, watchFrom } = given;
  const { policy } = fitted.manifest;
  const miss = (why: JudgedWhy, { reached, by }: Partial<Pick<Miss, 'reached' | 'by'>> = {}): Miss => {
    const { entity, start, end } = event;
    const told = { entity, start, end, why, reached, by };
    return { ...told, said: sayMiss(told, policy) };
  };
  if (event.end <= watchFrom) return miss('unwatched');
  const inside = rowsOf(rows, { ...event, start: Math.max(event.start, watchFrom) });
  const judged = inside
    .map((row) => ({ row, ...judgeRow(rows, row, { policy }) }))
    .filter(({ level }) => !Number.isNaN(level));
  if (judged.length === 0) return miss('no-score');
  const best = judged.reduce((a, b) => (b.level > a.level ? b : a));
  // One whose workload's starts are known is judged for all that.
  if (!(best.level > 0) && inside.every((row) => isYoung(given, row))) return miss('young');
  const reached = {
    reached: best.level / policy.threshold,
    by: policy.by === 'evidence' ? causeOf(rows, best, fitted) : undefined,
  };
  if (best.level < policy.threshold) return miss('below', reached);
  if (policy.by === 'evidence') return miss('told', reached);
  return miss(whyNot(rows, inside, policy), reached);
}

/** Of an event with an anomaly in it that people did not hear of. */
export function missUntold({ entity, start, end }: TimeEvent): Miss {
  const said = 'an anomaly of it was found, and no message told of it';
  return { entity, start, end, why: 'untold', reached: undefined, by: undefined, said };
}

/** What an event was missed by, for one that several versions judged in turn: where it came nearest. */
export function nearestMiss(misses: readonly Miss[]): Miss {
  return misses.reduce((a, b) => ((b.reached ?? -1) > (a.reached ?? -1) ? b : a));
}

function rowsOf({ entities, entityOf, times }: ScoredRows, { entity, start, end }: TimeEvent): number[] {
  return Array.from(times.keys()).filter(
    (row) => entities[entityOf[row]!] === entity && times[row]! >= start && times[row]! < end,
  );
}

function isYoung({ rows, fitted: { evidence } }: Parameters<typeof explainMiss>[0], row: number): boolean {
  if (evidence === undefined || evidence.expectation.entities.size === 0) return false;
  const entity = rows.entityOf[row]!;
  if (evidence.expectation.entities.has(rows.entities[entity]!)) return false;
  const first = rows.entityOf.indexOf(entity);
  return rows.times[row]! < rows.times[first]! + graceOf(evidence.plan);
}

function causeOf(
  rows: ScoredRows,
  { row, level, metrics }: JudgedRow & { readonly row: number },
  { plan, evidence, manifest }: Fitted,
): MissCause | undefined {
  if (evidence === undefined || rows.evidence === undefined || level > metrics) return { kind: 'model' };
  const component = rows.evidence.telling[row]!;
  if (component === -1) return { kind: 'several' };
  const { column, side, length } = describeComponent(component, {
    columns: plan.columns.length,
    plan: evidence.plan,
  });
  return { kind: 'metric', metric: plan.columns[column]!.name, side, over: length * manifest.step };
}

function whyNot(rows: ScoredRows, inside: readonly number[], policy: DecisionPolicy): JudgedWhy {
  const anomalous = inside.some((row) => isAnomalous(rows.scores[row]!, rows.deviations[row]!, policy));
  return anomalous ? 'brief' : 'deviation';
}

function sayMiss(
  { why, reached, by }: Pick<Miss, 'reached' | 'by'> & { why: JudgedWhy },
  policy: DecisionPolicy,
): string {
  const share = reached === undefined ? '' : `${Number((100 * reached).toPrecision(2))} % of the threshold`;
  switch (why) {
    case 'unwatched':
      return 'it was over before anything was watched';
    case 'no-score':
      return 'no row of it could be judged';
    case 'young':
      return 'its entity had just begun and was too young to be judged';
    case 'below':
      return `reached ${share}${by === undefined ? '' : `, by ${sayCause(by)}`}`;
    case 'brief':
      return `reached ${share}, in fewer than ${policy.k} of ${policy.n} rows`;
    case 'deviation':
      return `reached ${share}, but no metric was ${policy.minDeviation} robust standard deviations off`;
    case 'told':
      return `reached ${share}${by === undefined ? '' : `, by ${sayCause(by)}`}; the same had been told of or had settled before, or had come at this hour of two days of the week before`;
  }
}

function sayCause(by: MissCause): string {
  if (by.kind === 'model') return 'all metrics together';
  if (by.kind === 'several') return 'several metrics, each a little';
  const stretch = by.over === 0 ? `in ${SHORT.k} of ${SHORT.n} rows` : `mean over ${formatDuration(by.over)}`;
  return `${by.metric} ${by.side} what was expected, ${stretch}`;
}

/** As JSON has it. */
export function missFields(miss: Miss): object {
  return {
    entity: miss.entity,
    start: new Date(miss.start).toISOString(),
    end: new Date(miss.end).toISOString(),
    ...reasonFields(miss),
  };
}

export function reasonFields({ why, reached, by }: Miss): object {
  return { why, reached: reached ?? null, by: by ?? null };
}
