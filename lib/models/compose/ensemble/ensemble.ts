/** A fitted ensemble: what scores and explains. */
import { FeatureError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { ScoreTail } from '../../../maths/score-tail.ts';
import type { Contribution, FittedModel } from '../../framework/contract.ts';
import { checkColumns } from '../../framework/matrix-checks.ts';
import { combineSurprises, shareRow, toCommonScale } from './combine.ts';
import type { EnsembleParams, MemberParams } from './params.ts';
import { countSmoothedRows, smoothScores } from './smooth.ts';
import { takeWithContext } from './take-with-context.ts';

export interface Ensemble {
  readonly columns: readonly string[];
  /** In the order given, without those that could not be fitted. */
  readonly members: readonly EnsembleMember[];
  readonly combine: EnsembleParams['combine'];
  readonly agree: number;
  readonly smoothing: number;
  /** Ms between an entity's rows in training. */
  readonly step: number;
}

export interface EnsembleMember extends MemberParams {
  readonly model: FittedModel;
  readonly tail: ScoreTail;
  /** They add up to 1. */
  readonly weight: number;
}

export function countContextRows({ members, smoothing }: Ensemble): number {
  const longest = members.reduce((most, { model }) => Math.max(most, model.contextRows), 0);
  return longest + (smoothing > 0 ? countSmoothedRows(smoothing) : 0);
}

/** As long as any member has none, a row has no score. */
export function countUnscoredRows({ members }: Ensemble): number {
  return members.reduce((most, { model }) => Math.max(most, model.unscoredRows), 0);
}

/**
 * @param from as `FittedModel.score` has it
 * @throws FeatureError where the columns are not the ones it was fitted on
 */
export async function scoreEnsemble(
  ensemble: Ensemble,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Promise<Float64Array> {
  checkColumns(x, ensemble.columns);
  const { smoothing, step } = ensemble;
  const smoothed = smoothing > 0 ? countSmoothedRows(smoothing) * step : 0;
  const scores = combineSurprises(await scoreMembers(ensemble, x, from - smoothed), scaleOf(ensemble));
  return smoothing > 0 ? smoothScores(x, scores, { halfLife: smoothing, step }) : scores;
}

/**
 * A member's reasons count by what it adds to the row's score. What was expected comes from the member that says most
 * of that column, and says what it expected.
 */
export async function explainEnsemble(
  ensemble: Ensemble,
  x: FeatureMatrix,
  rows: Uint32Array,
): Promise<readonly (readonly Contribution[])[]> {
  checkColumns(x, ensemble.columns);
  const beyond = rows.find((row) => row >= x.times.length);
  if (beyond !== undefined)
    throw new FeatureError('no-such-row', `row ${beyond} to explain, the matrix has ${x.times.length}`);
  const near = takeWithContext(x, rows, countContextRows(ensemble));
  const surprises = await scoreMembers(ensemble, near.x);
  const explained: (readonly (readonly Contribution[])[])[] = [];
  for (const { model } of ensemble.members) explained.push(await model.explain(near.x, near.rows));
  return Array.from(near.rows, (row, at) => {
    // A row that a member leaves without a score is explained by nobody's surprise: equally.
    const known = surprises
      .map((one) => one[row]!)
      .map((surprise) => (Number.isNaN(surprise) ? 0 : surprise));
    return mergeReasons(
      ensemble.members.map(({ kind }, i) => ({ kind, reasons: explained[i]![at]! })),
      shareRow(known, scaleOf(ensemble)),
    );
  });
}

async function scoreMembers(
  { members }: Ensemble,
  x: FeatureMatrix,
  from?: number,
): Promise<readonly Float64Array[]> {
  const surprises: Float64Array[] = [];
  for (const { model, tail } of members) surprises.push(toCommonScale(tail, await model.score(x, from)));
  return surprises;
}

function scaleOf({ members, combine, agree }: Ensemble): Parameters<typeof combineSurprises>[1] {
  return { weights: members.map(({ weight }) => weight), combine, agree };
}

function mergeReasons(
  said: readonly { readonly kind: string; readonly reasons: readonly Contribution[] }[],
  shares: readonly number[],
): readonly Contribution[] {
  const merged = new Map<string, { reason: Contribution; most: number; by: Map<string, number> }>();
  for (const [i, { kind, reasons }] of said.entries())
    for (const reason of reasons) {
      const part = reason.share * shares[i]!;
      if (!(part > 0)) continue;
      const before = merged.get(reason.feature);
      const by = (before?.by ?? new Map<string, number>()).set(kind, (before?.by.get(kind) ?? 0) + part);
      const expects = part * Number(reason.expected !== undefined);
      const leads = before === undefined || expects > before.most;
      merged.set(reason.feature, {
        reason: { ...(leads ? reason : before.reason), share: (before?.reason.share ?? 0) + part },
        most: Math.max(expects, before?.most ?? 0),
        by,
      });
    }
  const total = [...merged.values()].reduce((sum, { reason }) => sum + reason.share, 0);
  return [...merged.values()]
    .map(({ reason, by }) => ({
      ...reason,
      share: reason.share / total,
      by: [...by].sort((a, b) => b[1] - a[1]).map(([kind]) => kind),
    }))
    .sort((a, b) => b.share - a.share);
}
