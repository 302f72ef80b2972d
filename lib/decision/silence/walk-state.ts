/** What a walk through rows knows, as it is taken from what was remembered and becomes what is remembered next. */
import { unknownMembers } from '../../base/unknown-members.ts';
import type { SilenceSettings } from '../../config/silence-settings.ts';
import type { MissedRows, SilenceState, TrackedUnit, UsualPresence } from './contract.ts';
import { collectLimits, isMissable, limitRows, type RowLimits } from './limits.ts';
import { holdSilences, type OpenSilences } from './open-silences.ts';

export interface SilenceRules {
  readonly detector: string;
  readonly settings: SilenceSettings;
  readonly usual: UsualPresence;
  readonly workloadOf: (entity: string) => string;
  /** Ms. */
  readonly step: number;
  /** Epoch ms: what began to be missing earlier is no news. */
  readonly watchFrom: number;
  /** Whether each window has the rows of every entity, as exported ones do. */
  readonly isWhole: boolean;
}

export interface Walk {
  readonly rules: SilenceRules;
  readonly limits: RowLimits;
  readonly open: OpenSilences;
  readonly units: Map<string, TrackedUnit>;
  readonly groups: Map<string, number>;
  readonly everyone: Map<string, MissedRows>;
  readonly entities: Map<string, { heard: number; missing: Map<string, MissedRows> }>;
  /** What a newer release remembers besides: it stays as it is. */
  readonly unknown: object;
  heardUntil: number;
}

/** Ms after which an entity or a workload that nobody misses is forgotten. */
const FORGOTTEN_AFTER = 24 * 3_600_000;

const STATE_MEMBERS: Readonly<Record<keyof SilenceState, true>> = {
  heardUntil: true,
  sourceLimit: true,
  groups: true,
  units: true,
  everyone: true,
  entities: true,
  open: true,
};

export function startWalk(before: SilenceState | undefined, rules: SilenceRules): Walk {
  return {
    rules,
    limits: collectLimits(rules),
    open: holdSilences(rules.detector, before?.open ?? []),
    units: new Map(Object.entries(before?.units ?? {})),
    groups: new Map(Object.entries(before?.groups ?? {})),
    everyone: new Map(Object.entries(before?.everyone ?? {})),
    entities: new Map(
      Object.entries(before?.entities ?? {}).map(([entity, tracked]) => [
        entity,
        { ...tracked, missing: new Map(Object.entries(tracked.missing)) },
      ]),
    ),
    unknown: unknownMembers(before, STATE_MEMBERS),
    heardUntil: before?.heardUntil ?? Number.NEGATIVE_INFINITY,
  };
}

export function endWalk(walk: Walk): SilenceState {
  const { open, units, groups, everyone, entities, heardUntil, rules } = walk;
  const limit = sourceLimit(rules);
  const isMissed = (unit: string): boolean => {
    const own = rules.usual.units.get(unit);
    return own !== undefined && isMissable(own);
  };
  const kept = [...units].filter(
    ([unit, { heard }]) => isMissed(unit) || heardUntil - heard <= FORGOTTEN_AFTER,
  );
  return {
    ...walk.unknown,
    heardUntil,
    ...(limit !== undefined && { sourceLimit: limit }),
    groups: Object.fromEntries(keepGroups(groups, kept)),
    units: Object.fromEntries(kept),
    everyone: Object.fromEntries(everyone),
    entities: Object.fromEntries(
      Array.from(entities, ([entity, { missing, ...tracked }]) => [
        entity,
        { ...tracked, missing: Object.fromEntries(missing) },
      ]),
    ),
    open: open.list(),
  };
}

/** Those of workloads that are remembered, and the newest. */
function keepGroups(
  groups: ReadonlyMap<string, number>,
  units: readonly (readonly [string, TrackedUnit])[],
): readonly (readonly [string, number])[] {
  const used = new Set(units.map(([, { group }]) => group));
  const newest = Math.max(...groups.values());
  return [...groups].filter(([group, until]) => used.has(group) || until === newest);
}

/** Ms; undefined: never. */
export function sourceLimit({ settings, usual, step }: SilenceRules): number | undefined {
  const rows = limitRows(settings.source, usual.sourceGap / step, step);
  return rows === undefined ? undefined : rows * step;
}
