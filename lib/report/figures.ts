/** Which plots a report has, and what stands in for one that the data cannot carry. */

import type { Drawing, DrawingSize } from './drawing/draw.ts';
import { drawConfusion, drawCurve, drawEpochs, drawHistogram, drawNotice } from './drawing/plots.ts';
import type { Findings } from './findings/findings.ts';
import { countOf, formatCount, formatScore, formatShare } from './format.ts';
import { listMeasures } from './model-facts.ts';
import { formatPercentile } from './name-threshold.ts';
import { nameLevel } from './report-input.ts';

export interface Figure {
  /** Of the PNG, without its ending. */
  readonly name: string;
  readonly title: string;
  /** One line under the title. */
  readonly note: string;
  /** The sentence that the plot holds where it cannot be drawn. */
  readonly missing: string | undefined;
  draw(size: DrawingSize): Drawing;
}

/** In the order in which the page shows them. */
export function listFigures(findings: Findings): readonly Figure[] {
  return [
    scoreHistogram(findings),
    rocCurve(findings),
    precisionRecallCurve(findings),
    confusionMatrix(findings),
    ...trainingHistory(findings),
  ];
}

function scoreHistogram({ histogram, input, events }: Findings): Figure {
  const { threshold } = input.version.policy;
  const level = nameLevel(input.version);
  const percentile = formatPercentile(input.version.percentile);
  const ofNormal = input.window.labels === undefined ? 'all rows' : 'the unlabelled rows';
  const labelled = events.length > 0 ? '; violet: labelled' : '';
  const missing = histogram === undefined ? 'No row of the training data has a score.' : undefined;
  return {
    name: 'score_histogram',
    title: `${level === 'evidence' ? 'Evidence' : 'Scores'} of the training rows`,
    note: `dashed: threshold ${formatScore(threshold)}, ${percentile} % of ${ofNormal} lie below${labelled}`,
    missing,
    draw: (size) =>
      histogram === undefined
        ? drawNotice({ ...size, sentence: missing ?? '' })
        : drawHistogram({ ...size, histogram, threshold, level }),
  };
}

function rocCurve(findings: Findings): Figure {
  return judged(findings, 'roc_curve', 'ROC curve', (separation) => ({
    note: `area ${formatScore(separation.rocAuc)} on the training rows; dashed: chance`,
    draw: (size) =>
      drawCurve({
        ...size,
        points: separation.roc,
        chance: [
          [0, 0],
          [1, 1],
        ],
        x: 'false positive rate',
        y: 'true positive rate',
      }),
  }));
}

function precisionRecallCurve(findings: Findings): Figure {
  return judged(findings, 'precision_recall_curve', 'Precision and recall', (separation) => ({
    note: `average precision ${formatScore(separation.averagePrecision)} on the training rows; dashed: chance, ${formatScore(separation.prevalence)}`,
    draw: (size) =>
      drawCurve({
        ...size,
        points: separation.precisionRecall,
        chance: [
          [0, separation.prevalence],
          [1, separation.prevalence],
        ],
        x: 'recall',
        y: 'precision',
      }),
  }));
}

function confusionMatrix(findings: Findings): Figure {
  return judged(findings, 'confusion_matrix', 'Rows called and labelled', (separation) => ({
    note: `${formatCount(separation.confusion.truePositives)} found, ${formatCount(separation.confusion.falsePositives)} false alarms: precision ${formatShare(separation.precision)}, recall ${formatShare(separation.recall)}`,
    draw: (size) => drawConfusion({ ...size, confusion: separation.confusion }),
  }));
}

/** Loss by epoch, and for a classifier each of its measures. */
function trainingHistory({ input }: Findings): readonly Figure[] {
  const { version, summary } = input;
  const measures = listMeasures(summary.history);
  const epochs = countOf(summary.history?.epochs.length ?? 0, 'epoch');
  if (measures.length === 0) {
    const sentence = `None: a model of kind ${version.kind} is fitted in one pass, not in epochs.`;
    return [
      {
        name: 'training_history',
        title: 'Training history',
        note: version.kind,
        missing: sentence,
        draw: (size) => drawNotice({ ...size, sentence }),
      },
    ];
  }
  return measures.map((measure) => ({
    name: measure.name,
    title: measure.isShare ? `Training history: ${measure.label}` : 'Training history',
    note: measure.isShare ? epochs : `${epochs}; ${measure.label}`,
    missing: undefined,
    draw: (size) => drawEpochs({ ...size, ...measure }),
  }));
}

/** A plot that needs labels. */
function judged(
  { separation }: Findings,
  name: string,
  title: string,
  make: (separation: Exclude<Findings['separation'], string>) => Pick<Figure, 'note' | 'draw'>,
): Figure {
  if (typeof separation !== 'string') return { name, title, missing: undefined, ...make(separation) };
  const sentence = `${separation} This plot needs rows that are labelled anomalous and rows that are not.`;
  return {
    name,
    title,
    note: 'needs labels',
    missing: separation,
    draw: (size) => drawNotice({ ...size, sentence }),
  };
}
