/** From a profile of the training to members, a trial that checks them and puts them on scale, and their fit. */

import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { ScoreTail } from '../../../maths/score-tail.ts';
import type { FitRun, FittedModel, ModelLookup } from '../../framework/contract.ts';
import { checkTraining } from '../../framework/matrix-checks.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { UNSCORED_ROWS } from '../../kinds/mahalanobis/scales.ts';
import { countUnscoredRows, type Ensemble } from '../ensemble/ensemble.ts';
import { fitPart, isRefusal, type MemberFit } from '../ensemble/fit-part.ts';
import { nameMember } from '../ensemble/params.ts';
import { openProgress, type Progress } from '../ensemble/progress.ts';
import { findStep } from '../ensemble/smooth.ts';
import { fitNormalTail, splitValidation } from '../ensemble/split-validation.ts';
import { type Candidate, chooseMembers } from './choose-members.ts';
import { describeProfile } from './describe-profile.ts';
import { judgeMembers, type Tried } from './judge-members.ts';
import { profileTraining } from './profile-training.ts';
import { type Sample, takeSample } from './take-sample.ts';
import { type Stage, setStage, tryCandidate } from './try-candidate.ts';

/** A scale takes ten scores, and the leader's first ten rows have none. */
const LEAST_ROWS = 20;
/** A trial's rows: a scale is made of a quarter of them, and knows what happens once in ten thousand. */
const MOST_TRIED = 200_000;
/** Share of the newest rows that a trial is judged by. */
const HELD_BACK = 0.25;
/**
 * Rows of the validation below which a member is put on scale by its own training rows after all: what a few hundred rows of one
 * afternoon score is further off than what all rows score that the member knows a little too well.
 */
const LEAST_TAIL_ROWS = 1_000;
/**
 * Share of the rows with a score that a companion may take it from. It needs more rows before its first score than the
 * leader; of many series that are hardly longer it would leave next to nothing to score.
 */
const MOST_SILENCED = 1 / 3;
/** Share of the work that the profile is, roughly. */
const PROFILED = 0.05;

export interface AutoFit {
  readonly ensemble: Ensemble;
  /** Whole sentences: what the training is like, who is taken and why, what the backtest said. */
  readonly notes: readonly string[];
}

interface Prepared {
  readonly candidate: Candidate;
  readonly fit: Omit<MemberFit, 'run'>;
}

/**
 * Nothing in it is drawn. Rows with the label 1 are no part of what is usual.
 * @param lookUp of the members' kinds
 * @throws ModelError where there are too few rows or too many columns, or nothing was measured
 * @throws RetryLaterError where the run's time is up; what is fitted by then lies in `run.checkpoint`
 */
export async function fitAuto(x: FeatureMatrix, run: FitRun, lookUp: ModelLookup): Promise<AutoFit> {
  checkTraining(x, run, LEAST_ROWS);
  checkUnlabelled(x, run.labels);
  const profile = profileTraining(x, run);
  run.onProgress?.(PROFILED);
  const progress = await openProgress(run.checkpoint);
  const prepared = await Promise.all(
    chooseMembers(profile, countScored(x, UNSCORED_ROWS)).map((candidate, index) =>
      prepare(candidate, { index, progress, lookUp }),
    ),
  );
  const sample = takeSample(x, { labels: run.labels, mostRows: MOST_TRIED });
  const tried = await tryAll(prepared, { whole: x, sample, run });
  const kept = prepared.filter(({ candidate }) => tried.kept.includes(candidate));
  const fitted = await fitAll(kept, { x, sample, run, tails: tried.tails });
  const total = fitted.members.reduce((sum, { candidate }) => sum + candidate.weight, 0);
  const members = fitted.members.map(({ candidate: { kind, params, weight }, model, tail }) => ({
    kind,
    params,
    weight: weight / total,
    model,
    tail,
  }));
  run.onProgress?.(1);
  const ensemble: Ensemble = {
    columns: [...x.names],
    members,
    combine: 'weighted',
    agree: 1,
    smoothing: 0,
    step: findStep(x),
  };
  return {
    ensemble,
    notes: [
      ...describeProfile(profile),
      ...prepared.map(({ candidate }) => candidate.reason),
      ...tried.notes,
      ...fitted.notes,
      `A series needs ${countUnscoredRows(ensemble)} rows before its first score.`,
    ],
  };
}

/** @throws ModelError */
function checkUnlabelled({ times }: FeatureMatrix, labels: Uint8Array | undefined): void {
  const unlabelled = labels?.reduce((count, label) => count + Number(label !== 1), 0) ?? times.length;
  if (unlabelled < LEAST_ROWS)
    throw new ModelError(
      'too-few-rows',
      `${unlabelled} of ${times.length} rows are not labelled anomalous, a fit takes at least ${LEAST_ROWS}`,
    );
}

async function prepare(
  candidate: Candidate,
  given: { readonly index: number; readonly progress: Progress; readonly lookUp: ModelLookup },
): Promise<Prepared> {
  const { index, progress, lookUp } = given;
  const registered = await lookUp(candidate.kind);
  return {
    candidate,
    fit: {
      index,
      name: nameMember(candidate),
      registered,
      params: registered.parseParams(candidate.params),
      progress,
    },
  };
}

interface Trials {
  readonly kept: readonly Candidate[];
  readonly tails: ReadonlyMap<Candidate, ScoreTail>;
  readonly notes: readonly string[];
}

type Unscored = Pick<FittedModel, 'unscoredRows'>;

/** All are kept, on the scale of the training rows, where the past is too short for a trial. */
async function tryAll(
  prepared: readonly Prepared[],
  given: { readonly whole: FeatureMatrix; readonly sample: Sample; readonly run: FitRun },
): Promise<Trials> {
  const { whole, run } = given;
  const { x, labels } = given.sample;
  const all = prepared.map(({ candidate }) => candidate);
  const held = splitValidation(x, { share: HELD_BACK, labels });
  if (held === undefined)
    return {
      kept: all,
      tails: new Map(),
      notes: [`${x.times.length} rows are too few to hold some back: there was no backtest.`],
    };
  const stage: Stage = setStage(x, held, labels);
  const done: Tried[] = [];
  const silenced: Candidate[] = [];
  const notes: string[] = [];
  for (const [at, { candidate, fit }] of prepared.entries()) {
    const leader = done[0]?.candidate === all[0] ? done[0]?.trial : undefined;
    const trial = await tryCandidate(stage, { ...fit, run: takeShare(run, at, 2 * prepared.length) });
    if (typeof trial === 'string') {
      notes.push(`No backtest of ${candidate.kind}: ${trial}.`);
      continue;
    }
    const silence = leader && findSilence(whole, candidate, { leader, companion: trial });
    if (silence === undefined) {
      done.push({ candidate, trial });
      continue;
    }
    // Before the others are judged: by rows that all of them score.
    silenced.push(candidate);
    notes.push(silence);
  }
  // Without the leader's there is nothing to set the others beside.
  const verdict =
    done[0]?.candidate === all[0] ? judgeMembers(done, stage.planted, x) : { kept: all, notes: [] };
  const unseen = all.filter(
    (candidate) => !silenced.includes(candidate) && done.every((each) => each.candidate !== candidate),
  );
  return {
    kept: all.filter((candidate) => verdict.kept.includes(candidate) || unseen.includes(candidate)),
    tails: new Map(
      done
        .filter(({ trial }) => trial.tail.rows >= LEAST_TAIL_ROWS)
        .map(({ candidate, trial }) => [candidate, trial.tail]),
    ),
    notes: [...notes, ...verdict.notes],
  };
}

interface FittedCandidate {
  readonly candidate: Candidate;
  readonly model: FittedModel;
  readonly tail: ScoreTail;
}

/** Companions that refuse the data, or would leave too many rows without a score, are left out. @throws what the leader throws */
async function fitAll(
  prepared: readonly Prepared[],
  given: {
    readonly x: FeatureMatrix;
    readonly sample: Sample;
    readonly run: FitRun;
    readonly tails: ReadonlyMap<Candidate, ScoreTail>;
  },
): Promise<{ readonly members: readonly FittedCandidate[]; readonly notes: readonly string[] }> {
  const { x, sample, run, tails } = given;
  const members: FittedCandidate[] = [];
  const notes: string[] = [];
  for (const [at, { candidate, fit }] of prepared.entries()) {
    const share = takeShare(run, prepared.length + at, 2 * prepared.length);
    try {
      const model = await fitPart({ ...fit, run: share }, 'whole', x);
      const silenced =
        members[0] && findSilence(x, candidate, { leader: members[0].model, companion: model });
      if (silenced !== undefined) {
        notes.push(silenced);
        continue;
      }
      const tail = tails.get(candidate) ?? (await takeTrainingTail(model, sample));
      members.push({ candidate, model, tail });
      notes.push(...model.summary.notes.map((note) => `${candidate.kind}: ${note}`));
    } catch (error) {
      if (members.length === 0 || !isRefusal(error)) throw error;
      notes.push(`${candidate.kind} is left out: ${error.message}.`);
    }
  }
  return { members, notes };
}

/** @returns why the companion can't be had beside the leader; undefined where it can */
function findSilence(
  x: FeatureMatrix,
  { kind }: Candidate,
  given: { readonly leader: Unscored; readonly companion: Unscored },
): string | undefined {
  const { unscoredRows } = given.companion;
  const scored = countScored(x, given.leader.unscoredRows);
  const left = countScored(x, unscoredRows);
  return scored - left <= MOST_SILENCED * scored
    ? undefined
    : `${kind} is left out: it needs ${unscoredRows} rows of a series before its first score, which would leave ${left} of ${scored} rows with one.`;
}

/** Rows behind the first so many of their entity. */
function countScored(x: FeatureMatrix, unscoredRows: number): number {
  return groupRows(x).reduce((sum, { length }) => sum + Math.max(0, length - unscoredRows), 0);
}

async function takeTrainingTail(model: FittedModel, { x, labels }: Sample): Promise<ScoreTail> {
  return fitNormalTail(x, await model.score(x), { labels, contextRows: model.contextRows });
}

/** One of so many equal parts of what is left after the profile; never quite its end. */
function takeShare({ onProgress, ...run }: FitRun, part: number, of: number): FitRun {
  if (onProgress === undefined) return run;
  return {
    ...run,
    onProgress: (done) => onProgress(PROFILED + ((1 - PROFILED) * (part + 0.99 * done)) / of),
  };
}
