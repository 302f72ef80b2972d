/** Members in sequence: each has the machine's memory for itself, and a deadline stops between or inside them. */
import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { averagePrecision } from '../../../maths/metrics/precision-recall.ts';
import type {
  FitRun,
  FitSummary,
  ModelLookup,
  ModelState,
  RegisteredModel,
} from '../../framework/contract.ts';
import { toCommonScale } from './combine.ts';
import type { Ensemble } from './ensemble.ts';
import { type FittedMember, fitMember } from './fit-member.ts';
import { isRefusal } from './fit-part.ts';
import { type EnsembleParams, type MemberParams, nameMember } from './params.ts';
import { openProgress } from './progress.ts';
import { findStep } from './smooth.ts';
import { splitValidation } from './split-validation.ts';
import { readMemberStates } from './state.ts';

/** Labelled stretches that count as much as the assumption that all members are equally good. */
const PRIOR_EVENTS = 4;

/**
 * @throws ModelError where a member's params are wrong, or no member can be fitted: it says why of each
 * @throws RetryLaterError where the run's time is up; what is fitted by then lies in `run.checkpoint`
 */
export async function fitEnsemble(
  x: FeatureMatrix,
  params: EnsembleParams,
  run: FitRun,
  lookUp: ModelLookup,
): Promise<{ readonly ensemble: Ensemble; readonly summary: FitSummary }> {
  const prepared = await Promise.all(params.members.map((member) => prepareMember(member, lookUp)));
  const progress = await openProgress(run.checkpoint);
  const before = run.startFrom === undefined ? [] : readMemberStates(run.startFrom);
  const held =
    params.heldBack > 0 ? splitValidation(x, { share: params.heldBack, labels: run.labels }) : undefined;
  const fitted: FittedMember[] = [];
  const leftOut: string[] = [];
  for (const [index, { member, registered, memberParams }] of prepared.entries()) {
    const onProgress = forwardProgress(run, { from: index, of: prepared.length });
    try {
      fitted.push(
        await fitMember(
          x,
          member,
          {
            index,
            name: nameMember(member),
            registered,
            params: memberParams,
            run: { ...run, onProgress },
            startFrom: findStart(before, member),
            progress,
          },
          held,
        ),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      leftOut.push(`${nameMember(member)} is left out: ${error.message}`);
    }
    run.onProgress?.((index + 1) / prepared.length);
  }
  if (fitted.length === 0)
    throw new ModelError(
      'no-member',
      `none of ${prepared.length} members can be fitted: ${leftOut.join('; ')}`,
    );
  const { weights, note } = weigh(fitted, params, run);
  return {
    ensemble: {
      columns: [...x.names],
      members: fitted.map(({ model, tail, kind, params: own }, i) => ({
        model,
        tail,
        kind,
        params: own,
        weight: weights[i]!,
      })),
      combine: params.combine,
      agree: Math.min(params.agree, fitted.length),
      smoothing: params.smoothing,
      step: findStep(x),
    },
    summary: {
      notes: [
        ...leftOut.map(toSentence),
        ...fitted.flatMap((member) => member.notes.map((one) => toSentence(`${nameMember(member)}: ${one}`))),
        ...(note === undefined ? [] : [note]),
      ],
      history: fitted.find(({ model }) => model.summary.history !== undefined)?.model.summary.history,
    },
  };
}

async function prepareMember(
  member: MemberParams,
  lookUp: ModelLookup,
): Promise<{ member: MemberParams; registered: RegisteredModel; memberParams: unknown }> {
  const registered = await lookUp(member.kind);
  return { member, registered, memberParams: registered.parseParams(member.params) };
}

/** Never back, and never all of a member's part before the member is done. */
function forwardProgress(
  run: FitRun,
  { from, of }: { readonly from: number; readonly of: number },
): (done: number) => void {
  let highest = from / of;
  return (done) => {
    const at = (from + 0.99 * done) / of;
    if (at <= highest) return;
    highest = at;
    run.onProgress?.(at);
  };
}

/** The earlier member of the same kind: of several, none is meant. */
function findStart(before: readonly ModelState[], { kind }: MemberParams): ModelState | undefined {
  const same = before.filter((state) => state.kind === kind);
  return same.length === 1 ? same[0] : undefined;
}

function weigh(
  fitted: readonly FittedMember[],
  { combine }: EnsembleParams,
  { labels }: FitRun,
): { readonly weights: readonly number[]; readonly note: string | undefined } {
  const equal = fitted.map(() => 1 / fitted.length);
  const given = fitted.map(({ weight }) => weight ?? Number.NaN);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  if (combine !== 'weighted') return { weights: equal, note: undefined };
  if (total > 0) return { weights: given.map((weight) => weight / total), note: undefined };
  if (labels === undefined || fitted.length === 1) return { weights: equal, note: undefined };
  const weights = learnWeights({
    surprises: fitted.map(({ tail, judged }) => toCommonScale(tail, judged)),
    labels,
  });
  if (weights.every((weight) => weight === weights[0])) return { weights: equal, note: undefined };
  const parts = fitted.map((member, i) => `${nameMember(member)} ${weights[i]!.toFixed(2)}`);
  return { weights, note: `The members' weights were learned from the labels: ${parts.join(', ')}.` };
}

function toSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * How far to trust each member, by average precision on labelled rows, drawn to equal weights as far as labelled stretches are few.
 * @param given.surprises per member, of the same rows
 * @param given.labels per row, 1 = anomalous
 * @returns per member, adding up to 1; equal ones where no row is labelled anomalous, or all are
 */
export function learnWeights(given: {
  readonly surprises: readonly Float64Array[];
  readonly labels: Uint8Array;
}): readonly number[] {
  const { surprises, labels } = given;
  const equal = 1 / surprises.length;
  const rows = [...labels.keys()].filter((row) => surprises.every((one) => !Number.isNaN(one[row]!)));
  const known = Uint8Array.from(rows, (row) => Number(labels[row] === 1));
  const events = known.filter((label, i) => label === 1 && known[i - 1] !== 1).length;
  if (events === 0 || !known.includes(0)) return surprises.map(() => equal);
  const precisions = surprises.map((one) =>
    averagePrecision({ labels: known, scores: Float64Array.from(rows, (row) => one[row]!) }),
  );
  const total = precisions.reduce((sum, precision) => sum + precision, 0);
  const trust = events / (events + PRIOR_EVENTS);
  return precisions.map((precision) => (1 - trust) * equal + (trust * precision) / total);
}
