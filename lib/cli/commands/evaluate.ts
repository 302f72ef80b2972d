import { EvaluationError, FeatureError } from '../../base/errors.ts';
import { evaluateScores } from '../../evaluation/evaluate-scores.ts';
import { explainMiss, missFields } from '../../jobs/offline/explain-misses.ts';
import { openLocalBucket } from '../../jobs/offline/local-bucket.ts';
import { openModel } from '../../jobs/offline/model-bucket.ts';
import { figuresOf, formatFigures, listMisses, nullForNaN } from '../../jobs/offline/render-evaluation.ts';
import { scoreLabelled } from '../../jobs/offline/score-labelled.ts';
import { type Command, stringValue } from '../command.ts';
import { readData } from '../data-file.ts';
import { readFileDetector } from '../file-detector.ts';
import { requiredText } from '../option-values.ts';
import { refuseOperands } from './fit.ts';

export const evaluate: Command = {
  name: 'evaluate',
  operands: '',
  summary: 'judge a model folder on a labelled file; needs no bucket',
  optionsHelp: [
    ['--data PATH', '.parquet or .csv with a column label (0/1), or a folder of them'],
    ['--model DIR', 'what tidewatch fit wrote, or a version copied from a bucket'],
    ['--manifest FILE', 'the settings of a detector with label criteria, where no column says it'],
  ],
  examples: ['tidewatch evaluate --data labelled.csv --model model_artifacts --json'],
  options: { data: { type: 'string' }, model: { type: 'string' }, manifest: { type: 'string' } },
  async run(invocation) {
    const { values, host, output } = invocation;
    refuseOperands(invocation, 'evaluate');
    const data = requiredText(values, 'data', 'evaluate');
    const folder = requiredText(values, 'model', 'evaluate');
    const given = stringValue(values.manifest) && (await readFileDetector(invocation, data)).detector;
    const bucket = openLocalBucket({ telemetry: output.telemetry, now: host.now, source: data });
    const { detector, fitted } = await openModel(bucket, { folder, detector: given || undefined });
    const { step, policy, version, kind } = fitted.manifest;
    const window = await readData(data, { detector: detector.name, step, telemetry: output.telemetry });
    const { rows, labels, labelledBy } = await scoreLabelled({ detector, fitted, window }).catch(
      (error: unknown) => {
        if (!(error instanceof FeatureError)) throw error;
        throw new FeatureError(error.code, `${data}: ${error.message}`, { cause: error });
      },
    );
    if (labels === undefined)
      throw new EvaluationError(
        'no-labels',
        `${data} has no column “label”, and ${given ? 'the manifest' : 'the model'} has no label criteria: nothing says which rows are anomalous`,
      );
    const { missed, ...evaluation } = evaluateScores({ rows, labels, policy, step });
    const misses = missed.map((event) =>
      explainMiss({ event, rows, fitted, watchFrom: Number.NEGATIVE_INFINITY }),
    );
    const made = Object.entries(labelledBy).map(([name, count]) => `${name} ${count}`);
    output.print(
      'evaluation',
      [
        `${kind} ${version} on ${data}`,
        ...(made.length > 0 ? [`labels made by criteria, rows: ${made.join(', ')}`] : []),
        ...formatFigures(figuresOf(evaluation)),
        ...listMisses(misses),
      ].join('\n'),
      {
        data,
        model: kind,
        version,
        labelledBy,
        ...(nullForNaN(evaluation) as object),
        missed: misses.map(missFields),
      },
    );
    return 'ok';
  },
};
