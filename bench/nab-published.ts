/**
 * `npm run bench -- nab-published --data DIR`: what NAB's own detectors reach by our scorer, on their result files as they
 * lie in `results/` of github.com/numenta/NAB (a folder for each detector, in it one for each part of the corpus). On
 * the whole corpus they are the published scores, which shows that the scorer is NAB's; the other column has them on the
 * parts that are not the whole.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatTable } from '../lib/cli/table.ts';
import type { LabelledScores } from '../lib/maths/metrics/labelled-scores.ts';
import { NAB_PROFILES, nabScore } from '../lib/maths/metrics/nab-score.ts';
import type { Study } from './study.ts';

/** Those that the shared data has. */
const PARTS: readonly string[] = [
  'artificialNoAnomaly',
  'artificialWithAnomaly',
  'realAWSCloudwatch',
  'realKnownCause',
];

interface ResultFile extends LabelledScores {
  readonly part: string;
}

export const reportPublished: Study = async (data, say) => {
  const figures = listFolders(data).map((detector) => {
    say(detector);
    const files = listFolders(join(data, detector)).flatMap((part) =>
      readdirSync(join(data, detector, part)).map((file) =>
        readResults(join(data, detector, part, file), part),
      ),
    );
    const profile = NAB_PROFILES.standard;
    const shared = files.filter(({ part }) => PARTS.includes(part));
    return {
      detector,
      files: files.length,
      whole: nabScore({ files, profile }).score,
      sharedFiles: shared.length,
      shared: nabScore({ files: shared, profile }).score,
    };
  });
  const rows = figures
    .toSorted((a, b) => b.whole - a.whole)
    .map(({ detector, files, whole, sharedFiles, shared }) => [
      detector,
      String(files),
      whole.toFixed(1),
      String(sharedFiles),
      shared.toFixed(1),
    ]);
  return {
    text: formatTable([['detector', 'files', 'score', 'of them', 'score'], ...rows]),
    figures,
  };
};

function listFolders(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
}

function readResults(file: string, part: string): ResultFile {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  const [score, label] = [names.indexOf('anomaly_score'), names.indexOf('label')];
  const rows = lines.map((line) => line.split(','));
  return {
    part,
    labels: Uint8Array.from(rows, (row) => Number(row[label])),
    scores: Float64Array.from(rows, (row) => Number(row[score])),
  };
}
