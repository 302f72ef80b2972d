/**
 * `npm run bench -- autoencoder-peer --data DIR [--sets a,b] [--keep FILE]`: our LSTM autoencoder beside the same
 * architecture in PyTorch, on every series of several metrics that has a training part and a labelled test part: the
 * same normalized rows, the same sequences to train on and to hold back, the same optimizer and rule to stop, the same
 * score of a row's error.
 *
 * PyTorch is fitted in step with ours, where only rounding differs; as ours by its own random numbers, which is the
 * comparison that counts; and as it comes.
 *
 * `autoencoder-peer` has a small network, so that there is time for many seeds: one seed moves a file's VUS-PR by more
 * than what is looked for. `autoencoder-peer-default-size` has one as large as the default's, on the first file of each
 * set with four seeds. Both trainings are cut short against the defaults.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { averagePrecision } from '../lib/maths/metrics/precision-recall.ts';
import { DEFAULT_MAX_BUFFER, volumeUnderSurface } from '../lib/maths/metrics/volume-under-surface.ts';
import { type Scored, type Settings, scoreOurs } from './autoencoder-peer/fit-ours.ts';
import { scoreTorch } from './autoencoder-peer/fit-torch.ts';
import { openOutcomes } from './autoencoder-peer/kept-outcomes.ts';
import { describeOutcome, renderOutcomes } from './autoencoder-peer/render.ts';
import type { Outcome, Ranking, Side } from './autoencoder-peer/sides.ts';
import { startTorch } from './autoencoder-peer/torch-process.ts';
import { findSeries, type SeriesFiles } from './quality/find-series.ts';
import { loadCase } from './quality/load-case.ts';
import { SeriesError } from './quality/read-series.ts';
import { type DetectorRun, runDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

interface Extent {
  readonly settings: Settings;
  readonly filesPerSet: number;
  /** Each over all files, what matters most first: a run that is cut off has seen all files alike. */
  readonly rounds: readonly Round[];
}

interface Round {
  readonly seed: number;
  readonly sides: readonly Side[];
}

export const reportAutoencoderPeer: Study = makeStudy({
  settings: { sequenceLength: 30, hidden: 32, maxSequences: 500, epochs: 20 },
  filesPerSet: Number.POSITIVE_INFINITY,
  rounds: [
    { seed: 1, sides: ['ours', 'as-ours', 'in-step', 'as-it-comes'] },
    { seed: 2, sides: ['ours', 'as-ours', 'as-it-comes'] },
    ...[3, 4, 5, 6].map((seed): Round => ({ seed, sides: ['ours', 'as-ours'] })),
  ],
});

export const reportDefaultSizePeer: Study = makeStudy({
  settings: { maxSequences: 500, epochs: 20 },
  filesPerSet: 1,
  rounds: [
    { seed: 1, sides: ['ours', 'as-ours', 'in-step'] },
    ...[2, 3, 4].map((seed): Round => ({ seed, sides: ['ours', 'as-ours'] })),
  ],
});

interface File extends SeriesFiles {
  readonly run: DetectorRun;
}

function makeStudy({ settings, filesPerSet, rounds }: Extent): Study {
  return async (data, say, { sets, keep }) => {
    const torch = await startTorch();
    const folder = mkdtempSync(join(tmpdir(), 'bench-autoencoder-'));
    const kept = openOutcomes(keep, settings);
    const outcomes: Outcome[] = [];
    try {
      const files = await loadFiles(data, { sets, filesPerSet, say });
      const fits = rounds.flatMap(({ seed, sides }) =>
        files.flatMap((file) => sides.map((side) => ({ ...file, seed, side }))),
      );
      for (const { set, name: file, run, seed, side } of fits) {
        const known = kept.find({ file, seed, side });
        if (known !== undefined) {
          outcomes.push(known);
          continue;
        }
        const scored: Scored =
          side === 'ours'
            ? await scoreOurs(run, seed, settings)
            : await scoreTorch(run, { torch, folder, seed, side, settings });
        const { firstLoss } = scored;
        const outcome = { set, file, seed, side, firstLoss, ...rankScores(run, scored) };
        kept.add(outcome);
        outcomes.push(outcome);
        say(describeOutcome(outcome));
      }
    } finally {
      torch.close();
      rmSync(folder, { recursive: true });
    }
    return { text: `PyTorch ${torch.version}\n\n${renderOutcomes(outcomes)}`, figures: outcomes };
  };
}

async function loadFiles(
  data: string,
  {
    sets,
    filesPerSet,
    say,
  }: {
    readonly sets: readonly string[] | undefined;
    readonly filesPerSet: number;
    readonly say: (line: string) => void;
  },
): Promise<readonly File[]> {
  const files: File[] = [];
  for (const series of findSeries(data).series) {
    if (series.train === undefined || sets?.includes(series.set) === false) continue;
    if (files.filter(({ set }) => set === series.set).length >= filesPerSet) continue;
    try {
      const loaded = loadCase(series);
      if (loaded.train.metrics.length < 2) continue;
      // Any kind will do: what is wanted of it are the matrices that every kind sees.
      const run = await runDetector(loaded, 'robust-z');
      if (run.labels.includes(1)) files.push({ ...series, run });
      else say(`${series.name}: no row of its test part is labelled`);
    } catch (error) {
      if (!(error instanceof SeriesError)) throw error;
      say(`${series.name}: ${error.message}`);
    }
  }
  return files;
}

/** How well scores tell the labelled rows from the others: by the same rows for every side. */
function rankScores({ labels, measured, test }: DetectorRun, { loss, scores }: Scored): Ranking {
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => measured[row] === 1 && !Number.isNaN(scores[row]!),
  );
  const ranked = {
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    scores: Float64Array.from(rows, (row) => scores[row]!),
    entityOf: Uint32Array.from(rows, (row) => test.entityOf[row]!),
  };
  return {
    loss,
    vusPr: volumeUnderSurface(ranked, DEFAULT_MAX_BUFFER).pr,
    averagePrecision: averagePrecision(ranked),
  };
}
