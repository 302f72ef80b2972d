/** Rows of one entity by the minute, decided on by their evidence. */
import type { DecisionPolicy, EntityTrack } from '../../../lib/decision/contract.ts';
import { decideWindow, type WindowDecision } from '../../../lib/decision/decide.ts';
import { OFF_UNITS } from '../../../lib/evidence/evidence.ts';
import { STEP, T0 } from './decide-rows.ts';

export const EVIDENCE_POLICY: DecisionPolicy = {
  by: 'evidence',
  threshold: 1,
  holdAbove: 0.6,
  settleRows: 20,
  minDeviation: 0,
  k: 1,
  n: 1,
  resolveAfter: 5,
};

const NAMES = ['cpu', 'memory', 'requests', 'errors'];

export interface EvidenceRow {
  readonly metrics?: number;
  readonly joint?: number;
  readonly anchored?: number;
  /** How far each of NAMES is off its training, above; left out: that of `column` as `anchored` has it. */
  readonly off?: readonly number[];
  readonly column?: number;
  /** Whether each of NAMES stays where it has been of late; left out: all, or none where `moves`. */
  readonly still?: readonly boolean[];
  readonly moves?: boolean;
  readonly stretch?: number;
  /** Steps back to the row with which it began. */
  readonly sinceOnset?: number;
  readonly jointSinceOnset?: number;
}

export function repeat(count: number, row: EvidenceRow = {}): EvidenceRow[] {
  return new Array<EvidenceRow>(count).fill(row);
}

export function decideEvidence(
  rows: readonly EvidenceRow[],
  given: {
    readonly from?: number;
    readonly tracks?: Readonly<Record<string, EntityTrack>>;
    readonly modelVersion?: string;
    /** Minute. */
    readonly watchFrom?: number;
    readonly policy?: DecisionPolicy;
  } = {},
): WindowDecision {
  const { from = 0, tracks = {}, modelVersion = 'v1', watchFrom = 0, policy = EVIDENCE_POLICY } = given;
  const pick = (name: 'metrics' | 'joint' | 'anchored'): Float64Array =>
    Float64Array.from(rows, (row) => row[name] ?? 0);
  return decideWindow({
    rows: {
      entities: ['a'],
      entityOf: new Uint32Array(rows.length),
      times: Float64Array.from(rows, (_, row) => T0 + (from + row) * STEP),
      scores: new Float64Array(rows.length),
      deviations: new Float64Array(rows.length),
      evidence: {
        names: NAMES,
        metrics: pick('metrics'),
        joint: pick('joint'),
        anchored: pick('anchored'),
        off: Int8Array.from(
          rows.flatMap(({ anchored = 0, column = 0, off }) =>
            NAMES.map((_, at) => OFF_UNITS * (off?.[at] ?? (at === column >> 1 ? anchored : 0))),
          ),
        ),
        agree: Uint8Array.from(
          rows.flatMap(({ moves = false, still }) => NAMES.map((_, at) => Number(still?.[at] ?? !moves))),
        ),
        // Of the same column each time another statistic.
        telling: Int32Array.from(rows, ({ column = 0 }, row) => 10 * column + (row % 10)),
        series: Int32Array.from(rows, ({ column = 0 }) => column),
        stretch: Uint16Array.from(rows, ({ stretch = 1 }) => stretch),
        sinceOnset: Uint8Array.from(rows, ({ sinceOnset = 0 }) => sinceOnset),
        jointSinceOnset: Uint8Array.from(rows, ({ jointSinceOnset = 0 }) => jointSinceOnset),
      },
    },
    policy,
    tracks,
    watchFrom: T0 + watchFrom * STEP,
    step: STEP,
    detector: 'shop',
    modelVersion,
  });
}

/** State and minute of the last row that was part of it. */
export function tell({ transitions }: Pick<WindowDecision, 'transitions'>): string[] {
  return transitions.map(({ state, lastAnomalous }) => `${state} ${(lastAnomalous - T0) / STEP}`);
}
