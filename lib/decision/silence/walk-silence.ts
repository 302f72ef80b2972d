/**
 * Finds who has gone silent, row by row of the grid in order of time. It is pure: the memory goes in and comes out. The
 * same rows give the same silences, however they are cut into files.
 *
 * Each silence is told once, at its widest. There are four widths: nobody is heard at all; nobody has a metric any more; a
 * workload (or an entity that is no pod) is not heard while others are; an entity lacks a metric that others have. Each
 * counts only rows in which the wider one was heard. Only what training had nearly always is missed.
 */
import type { MetricWindow } from '../../window/window.ts';
import type { MissedRows, SilenceState, SilenceTransition } from './contract.ts';
import { enterWindow } from './enter-window.ts';
import { type HeardCell, hearCells } from './heard-rows.ts';
import { limitRows, limitUnit } from './limits.ts';
import { lackAsEveryone } from './part-everyone.ts';
import { beginOfVisit, describeVisit } from './visits.ts';
import { endWalk, type SilenceRules, sourceLimit, startWalk, type Walk } from './walk-state.ts';

/**
 * @param window as it came: gaps that are filled later are gaps here
 * @param given.arrival epoch ms at which the window came
 * @param given.now epoch ms: later rows are of a clock that runs ahead, and time passes for nobody by them
 */
export function walkSilence(
  window: MetricWindow,
  given: {
    readonly before: SilenceState | undefined;
    readonly rules: SilenceRules;
    readonly arrival: number;
    readonly now: number;
  },
): { readonly state: SilenceState | undefined; readonly transitions: readonly SilenceTransition[] } {
  const { rules } = given;
  const walk = startWalk(given.before, rules);
  settleUnmissed(walk);
  const heardBefore = walk.heardUntil;
  const unitOf = window.entities.map(rules.workloadOf);
  let group: string | undefined;
  let firstNew: number | undefined;
  for (const cell of hearCells(window, { step: rules.step, metrics: rules.usual.metrics })) {
    if (cell.time > given.now) break;
    group ??= enterWindow(walk, { unitOf, time: cell.time });
    if (cell.time <= (walk.groups.get(group) ?? Number.NEGATIVE_INFINITY)) takeLateCell(walk, cell, unitOf);
    else takeCell(walk, { cell, unitOf, window, group });
    if (cell.time > heardBefore) firstNew ??= cell.time;
  }
  if (firstNew !== undefined) judgeLateness(walk, { firstNew, arrival: given.arrival });
  const state = walk.heardUntil === Number.NEGATIVE_INFINITY ? undefined : endWalk(walk);
  return { state, transitions: walk.open.transitions };
}

/**
 * Takes rows of the grid at which others of the detector were heard, but nobody of this shard. Each of its workloads missed
 * these rows. If entities have files of their own, nothing changes.
 * @param times epoch ms, ascending, later than all that was heard
 */
export function walkAbsence(
  times: readonly number[],
  { before, rules }: { readonly before: SilenceState; readonly rules: SilenceRules },
): { readonly state: SilenceState; readonly transitions: readonly SilenceTransition[] } {
  const walk = startWalk(before, rules);
  const [group, ...others] = walk.groups.keys();
  if (group === undefined || others.length > 0 || times.length === 0)
    return { state: before, transitions: [] };
  for (const time of times) {
    walk.groups.set(group, time);
    walk.heardUntil = time;
    judgeUnits(walk, { cell: { time, entities: [] }, unitOf: [], group });
  }
  return { state: endWalk(walk), transitions: walk.open.transitions };
}

interface TakenCell {
  readonly cell: HeardCell;
  readonly unitOf: readonly string[];
  readonly window: MetricWindow;
  readonly group: string;
}

function takeCell(walk: Walk, taken: TakenCell): void {
  const { cell, group } = taken;
  const { time } = cell;
  // First, since a second group shows that others have files of their own, which may still come.
  walk.groups.set(group, time);
  if (time > walk.heardUntil) {
    judgeSource(walk, time);
    walk.heardUntil = time;
  }
  judgeUnits(walk, taken);
  // Where entities have files of their own, nobody knows what the others have at that time.
  const isAlone = walk.groups.size === 1;
  if (isAlone) judgeEveryone(walk, cell);
  judgeEntities(walk, taken, isAlone);
}

/**
 * Judges a silence of everybody by the data: the first row after it tells of it, if the clock did not. If the clock noticed
 * it, a row from before it that arrives later does not end it: that row was late, and the others are still missing.
 */
function judgeSource({ rules, open, heardUntil, groups }: Walk, time: number): void {
  const { step, watchFrom } = rules;
  const start = heardUntil + step;
  const silent = time - start;
  const limit = sourceLimit(rules);
  const known = open.find('source', '');
  const isMissed = limit !== undefined && silent >= limit;
  if (known !== undefined && time <= known.last && !isMissed) return;
  if (isMissed && groups.size === 1 && start >= watchFrom)
    open.hold({
      kind: 'source',
      entity: '',
      metrics: [],
      start,
      last: time - step,
      silent,
      limit,
    });
  open.close('source', '', { end: time, cameLate: silent <= 0, ...(isMissed && { start }) });
}

function judgeUnits(walk: Walk, { cell, unitOf, group }: Omit<TakenCell, 'window'>): void {
  const { rules, limits, open, units } = walk;
  const { step, watchFrom } = rules;
  const { time } = cell;
  for (const { entity } of cell.entities) {
    const unit = unitOf[entity]!;
    const since = beginOfVisit(limits.of(unit)?.pause, units.get(unit), time);
    units.set(unit, {
      ...units.get(unit),
      group,
      heard: time,
      missed: 0,
      ...(since !== undefined && { since }),
    });
  }
  // Few are open, and many are heard.
  for (const { kind, entity } of open.list())
    if (kind === 'entity' && units.get(entity)?.heard === time) open.close('entity', entity, { end: time });
  for (const [unit, tracked] of units) {
    if (tracked.group !== group || tracked.heard === time) continue;
    const missed = tracked.missed + 1;
    units.set(unit, { ...tracked, missed });
    const rows = limits.of(unit)?.entity;
    const start = tracked.heard + step;
    if (rows === undefined || missed < rows || start < watchFrom) continue;
    open.hold({
      kind: 'entity',
      entity: unit,
      metrics: [],
      start,
      last: time,
      silent: time + step - start,
      limit: rows * step,
      ...describeVisit(limits.of(unit)?.pause, tracked, step),
    });
  }
}

function judgeEveryone(walk: Walk, { time, entities }: HeardCell): void {
  const { rules, open, everyone } = walk;
  const limits = new Map<string, number>();
  for (const [m, metric] of rules.usual.metrics.entries()) {
    if (entities.some(({ has }) => has[m] === 1)) {
      everyone.delete(metric);
      continue;
    }
    const rows = walk.limits.everyone[m];
    if (rows === undefined) continue;
    everyone.set(metric, countRow(everyone.get(metric), time));
    limits.set(metric, rows);
  }
  judgeMetrics({ rules, open }, { entity: '', missing: everyone, limits, time });
}

function judgeEntities(walk: Walk, { cell, unitOf, window, group }: TakenCell, isAlone: boolean): void {
  const { rules, open, entities } = walk;
  const { usual } = rules;
  const had = usual.metrics.map((_, m) => !isAlone || cell.entities.some(({ has }) => has[m] === 1));
  for (const { entity, has } of cell.entities) {
    const name = window.entities[entity]!;
    const own = walk.limits.of(unitOf[entity]!);
    if (own === undefined) continue;
    const known = entities.get(name) ?? { heard: cell.time, missing: new Map<string, MissedRows>() };
    known.heard = cell.time;
    const limits = new Map<string, number>();
    for (const [m, metric] of usual.metrics.entries()) {
      if (has[m] === 1) known.missing.delete(metric);
      else if (had[m]) {
        const rows = own.metrics[m];
        if (rows === undefined) continue;
        known.missing.set(metric, countRow(known.missing.get(metric), cell.time));
        limits.set(metric, rows);
      }
    }
    judgeMetrics({ rules, open }, { entity: name, missing: known.missing, limits, time: cell.time });
    if (isAlone && !rules.isWhole)
      for (const [m, metric] of usual.metrics.entries())
        if (!had[m] && own.metrics[m] !== undefined) lackAsEveryone(known.missing, metric, cell.time);
    if (known.missing.size > 0) entities.set(name, known);
    else entities.delete(name);
  }
  forgetGone(walk, { time: cell.time, group });
}

/** A pod that ended while it lacked a metric no longer lacks it. A file of another group may still come. */
function forgetGone(
  { rules, open, entities, units }: Walk,
  { time, group }: { readonly time: number; readonly group: string },
): void {
  const after = Math.max(rules.settings.metric ?? 0, 3 * rules.step);
  for (const [name, { heard }] of entities) {
    if (time - heard < after) continue;
    // Without a workload that is remembered it has no group any more.
    const workload = rules.workloadOf(name);
    const unit = units.get(workload);
    if ((unit?.group ?? group) !== group) continue;
    const gone = unit !== undefined && unit.heard > heard ? { others: workload } : {};
    open.close('metric', name, { end: heard + rules.step, gone });
    entities.delete(name);
  }
}

/** @param given.limits of the metrics that this row lacks, in rows */
function judgeMetrics(
  { rules, open }: Pick<Walk, 'rules' | 'open'>,
  given: {
    readonly entity: string;
    readonly missing: Map<string, MissedRows>;
    readonly limits: ReadonlyMap<string, number>;
    readonly time: number;
  },
): void {
  const { entity, missing, limits, time } = given;
  const { step, watchFrom } = rules;
  const long = [...missing].filter(
    ([metric, { rows, since }]) => rows >= (limits.get(metric) ?? Infinity) && since >= watchFrom,
  );
  const known = open.find('metric', entity);
  if (long.length === 0) {
    // They are there, or nobody else has them either, which is another silence.
    if (known === undefined || known.metrics.some((metric) => limits.has(metric))) return;
    open.close('metric', entity, { end: time });
    for (const metric of known.metrics) missing.delete(metric);
    return;
  }
  const start = Math.min(...long.map(([, { since }]) => since));
  open.hold({
    kind: 'metric',
    entity,
    metrics: long.map(([metric]) => metric).sort(),
    start,
    last: time,
    silent: time + step - start,
    limit: Math.min(...long.map(([metric]) => limits.get(metric)!)) * step,
  });
}

function countRow(before: MissedRows | undefined, time: number): MissedRows {
  const { rows, since } = before ?? { rows: 0, since: time };
  return { ...before, since: rows === 0 ? time : since, rows: rows + 1 };
}

/** Rows that come behind newer ones show that somebody was not silent, or not for as long. */
function takeLateCell(
  { rules, limits, open, units, groups }: Walk,
  { time, entities }: HeardCell,
  unitOf: readonly string[],
): void {
  for (const { entity } of entities) {
    const unit = unitOf[entity]!;
    const tracked = units.get(unit);
    if (tracked === undefined || time <= tracked.heard) continue;
    const since = (groups.get(tracked.group)! - time) / rules.step;
    const missed = Math.min(tracked.missed, since);
    units.set(unit, { ...tracked, heard: time, missed });
    const rows = limits.of(unit)?.entity;
    if (rows === undefined || missed < rows) open.close('entity', unit, { end: time, cameLate: true });
  }
}

/** Ends silences of what a newer training, or a newer manifest, does not miss. */
function settleUnmissed({ rules, open }: Walk): void {
  const { settings, usual, workloadOf, step } = rules;
  for (const { kind, entity, metrics, last } of open.list()) {
    const own = kind === 'entity' ? usual.units.get(entity) : usual.units.get(workloadOf(entity));
    const gapOf = (metric: string): number | null | undefined => {
      const m = usual.metrics.indexOf(metric);
      return entity === '' && own === undefined ? usual.everyone[m] : own?.metrics[m];
    };
    const isMissed = {
      entity: () => limitUnit(settings.entity, own, step) !== undefined,
      metric: () => metrics.some((metric) => limitRows(settings.metric, gapOf(metric), step) !== undefined),
      source: () => settings.source !== undefined,
      late: () => settings.late !== undefined,
    }[kind]();
    if (!isMissed) open.close(kind, entity, { end: last + step, state: 'settled' });
  }
}

/** By the clock: how old the newest row was when it came. */
function judgeLateness(
  { rules, open, heardUntil }: Walk,
  { firstNew, arrival }: { readonly firstNew: number; readonly arrival: number },
): void {
  const { settings, step, watchFrom } = rules;
  if (settings.late === undefined || heardUntil < watchFrom) return;
  const behind = arrival - (heardUntil + step);
  if (behind < settings.late) open.close('late', '', { end: firstNew });
  else
    open.hold({
      kind: 'late',
      entity: '',
      metrics: [],
      start: firstNew,
      last: heardUntil,
      silent: behind,
      limit: settings.late,
    });
}
