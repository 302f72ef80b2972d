/** One labelled file: what the product would have told of it at its defaults, and what each peer would have at each level. */
import type { ModelKind } from '../../lib/config/model-kind.ts';
import type { SeriesFiles } from '../quality/find-series.ts';
import { type Peers, startPeers } from '../quality/peers.ts';
import { type DetectorRun, runDetector } from '../quality/run-detector.ts';
import { findIncidents, type Told } from './find-incidents.ts';
import { judgeIncidents, type LivedFigures, type WatchedRows } from './judge-incidents.ts';
import { loadLivedCase } from './list-cases.ts';
import type { Part } from './part.ts';
import { listThresholds, pickOwnLevel } from './peer-levels.ts';
import { scorePeers } from './peer-scores.ts';
import { findPersistentIncidents } from './persistent-incidents.ts';
import type { PlantedEvent } from './plant-events.ts';

export interface FileTask {
  readonly files: SeriesFiles;
  readonly part: Part;
  readonly kind: ModelKind;
  readonly peers: boolean;
  readonly keep: string | undefined;
}

export interface FileFigures {
  readonly set: string;
  readonly file: string;
  /** False: the training is too short for the default threshold, so nothing is ever told. */
  readonly isDecided: boolean;
  readonly ours: LivedFigures;
  /** Absent where nothing was planted. */
  readonly planted?: readonly (PlantedEvent & { readonly isFound: boolean })[];
  /** By name. A peer that refuses the file is missing. */
  readonly peers: Readonly<Record<string, PeerFigures>>;
}

export interface PeerFigures {
  /** One per level of `LEVELS`. */
  readonly levels: readonly LivedFigures[];
  /** Of them, the level that its training has for it; undefined: none. */
  readonly own: number | undefined;
}

let started: Promise<Peers | undefined> | undefined;

/** @throws SeriesError where the file cannot be used */
export async function judgeFile({ files, part, kind, peers, keep }: FileTask): Promise<FileFigures> {
  const loaded = loadLivedCase(files, part);
  const run = await runDetector(loaded, kind);
  const rows: WatchedRows = {
    ...run.scored,
    labels: run.labels,
    measured: run.measured,
    ignored: loaded.ignored && placeOnGrid(loaded.ignored, loaded.test.times, run),
    step: run.step,
  };
  const ours = judgeIncidents(rows, findIncidents(run));
  return {
    set: files.set,
    file: files.name,
    isDecided: run.policy !== undefined,
    ours,
    // Planted well apart: one event each.
    ...(loaded.planted.length > 0 && {
      planted: loaded.planted.map((event, i) => ({ ...event, isFound: ours.which[i] === 1 })),
    }),
    peers: peers ? await judgePeers(run, rows, keep) : {},
  };
}

/** Ends scikit-learn, where it was started. */
export async function closePeers(): Promise<void> {
  (await started)?.close();
}

async function judgePeers(
  { train, test, measured, step, scored }: DetectorRun,
  rows: WatchedRows,
  keep: string | undefined,
): Promise<FileFigures['peers']> {
  const start = (): Promise<Peers | undefined> => {
    started ??= startPeers();
    return started;
  };
  const entity = scored.entities[0]!;
  const all = await scorePeers({ train, test, start, keep });
  return Object.fromEntries(
    all.map(({ name, train: training, test: unmasked }) => {
      // Rows in which nothing was measured are not for a peer to judge.
      const scores = unmasked.map((score, row) => (measured[row] === 1 ? score : NaN));
      const thresholds = listThresholds(training);
      const tell = (times: Float64Array, of: Float64Array, threshold: number): Told =>
        findPersistentIncidents({ entity, times, scores: of, threshold, step });
      const levels = thresholds.map((threshold) =>
        judgeIncidents(rows, tell(scored.times, scores, threshold)),
      );
      const inTraining = thresholds.map(
        (threshold) => tell(train.times, training, threshold).incidents.length,
      );
      return [name, { levels, own: pickOwnLevel(inTraining, train.times.length * step) }];
    }),
  );
}

function placeOnGrid(flags: Uint8Array, times: Float64Array, { scored, step }: DetectorRun): Uint8Array {
  const place = (time: number): number => Math.floor(time / step);
  const flagged = new Set(Array.from(times, place).filter((_, row) => flags[row] === 1));
  return Uint8Array.from(scored.times, (time) => (flagged.has(place(time)) ? 1 : 0));
}
