import type { AlertPublisher } from '../../alert/publisher.ts';
import type { Detector } from '../../config/detector.ts';
import { readSettings } from '../../config/settings.ts';
import { sayProgress } from '../../config/warmup.ts';
import { detectorOfUnit, parseUnit } from '../../config/work-unit.ts';
import { notify } from '../../jobs/notify/notify.ts';
import { type ScoreResult, scoreWindows } from '../../jobs/score/score-windows.ts';
import { loadDetector } from '../../jobs/shared/load-detectors.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  type Invocation,
  openBucket,
  readPlace,
  stringValue,
  textOptions,
} from '../command.ts';
import { isDataName } from '../data-file.ts';
import { chooseDetectors } from '../detectors.ts';
import { listUnitsOf } from '../units.ts';
import { UsageError } from '../usage-error.ts';
import { scoreFile } from './score-file.ts';

export const score: Command = {
  name: 'score',
  operands: '[DETECTOR…] | FILE --model DIR',
  summary: 'score new windows and publish what follows from them, or a file with a model folder',
  optionsHelp: [
    BUCKET_HELP,
    ['--topic ARN', 'the SNS topic for alerts; TIDEWATCH_TOPIC_ARN where it is not given'],
    ['--print-only', 'show alerts here in place of publishing them; they then count as told'],
    [
      '--model DIR',
      'score a .parquet or .csv file, or a folder of them, with what tidewatch fit\nwrote; no bucket, nothing is published',
    ],
    ['--out FILE', 'with --model: the scores, row by row, as .parquet or .csv'],
    [
      '--manifest FILE',
      'with --model: settings in place of those that the model was fitted with;\nmost of threshold, such as direction, acts from the next fit on',
    ],
  ],
  examples: [
    'tidewatch score checkout --print-only',
    'tidewatch score metrics.csv --model model_artifacts --out scores.csv',
  ],
  options: {
    ...BUCKET_OPTION,
    ...textOptions('topic', 'model', 'out', 'manifest'),
    'print-only': { type: 'boolean' },
  },
  async run(invocation) {
    const { operands, output, values } = invocation;
    if (values.model !== undefined) return scoreFile(invocation);
    for (const option of ['out', 'manifest'])
      if (values[option] !== undefined) throw new UsageError(`--${option} goes with --model DIR alone`);
    refuseFiles(operands);
    const publisher = openPublisher(invocation);
    const settings = readSettings(invocation.host.env, ['grouping']);
    const trainable = new Set<string>();
    const queue = {
      requestTraining: async (name: string): Promise<void> => void trainable.add(name),
      // A terminal has no deadline, so there is never a rest.
      requestScoring: async (): Promise<void> => {},
      // It is told below, in this run.
      requestNotifying: async (): Promise<void> => {},
    };
    const everything = {
      ...createContext(invocation, openBucket(invocation)),
      publisher,
      queue,
      grouping: settings.grouping,
      place: readPlace(invocation),
      wakeIn: async (): Promise<void> => {},
    };
    const names = await chooseDetectors(everything, operands);
    // Whoever runs this waits for what it says of these. What else waits is the deployment's to tell, and to its topic.
    const context = { ...everything, only: new Set(names.map(detectorOfUnit)) };
    if (names.length === 0) output.print('note', 'no detectors in this bucket yet', { detectors: 0 });
    return forEachDetector(invocation, await listUnitsOf(context.store, names), async (name) => {
      const loaded = await loadDetector(context, name);
      const result = await scoreWindows(loaded, context, {
        onWindow: (window) => output.telemetry.info('window scored', { detector: name, ...window }),
      });
      const { published } = await notify(context, [name]);
      const next = trainable.has(name) ? `; next: tidewatch train ${name}` : '';
      output.print('scored', `${name}: ${describe({ ...result, published }, loaded.detector)}${next}`, {
        detector: name,
        ...result,
        published,
        readyToTrain: trainable.has(name),
      });
    });
  },
};

/** @throws UsageError for what is the path of a file and no name of a detector */
function refuseFiles(operands: readonly string[]): void {
  const file = operands.find(
    (operand) => isDataName(operand) || (/[/\\]/.test(operand) && parseUnit(operand) === undefined),
  );
  if (file !== undefined)
    throw new UsageError(
      `${JSON.stringify(file)} is a file, and no detector: scoring one takes --model DIR, the folder that tidewatch fit wrote`,
    );
}

/** Publishes, and shows what was published. */
function openPublisher({ host, values, output }: Invocation): AlertPublisher {
  const topic = stringValue(values.topic) ?? host.env.TIDEWATCH_TOPIC_ARN;
  const printOnly = values['print-only'] === true;
  if (printOnly && stringValue(values.topic) !== undefined)
    throw new UsageError('--print-only and --topic exclude each other');
  if (!printOnly && topic === undefined)
    throw new UsageError('score needs --topic or TIDEWATCH_TOPIC_ARN to publish alerts, or --print-only');
  const publisher: AlertPublisher = printOnly
    ? { publish: async () => ({ messageId: 'printed' }) }
    : host.openTopic(readSettings({ ...host.env, TIDEWATCH_TOPIC_ARN: topic }, ['topicArn']).topicArn);
  return {
    async publish(alert) {
      const { messageId } = await publisher.publish(alert);
      output.print('alert', `${alert.severity} ${alert.state}: ${alert.summary}`, { messageId, alert });
      return { messageId };
    },
  };
}

function describe(
  { phase, rows, span, scored, published }: ScoreResult & { readonly published: number },
  detector: Detector,
): string {
  if (phase === 'learning') return `learning, ${sayProgress(detector, { rows, span })}`;
  const scoredRows = scored.reduce((sum, window) => sum + window.rows, 0);
  const anomalous = scored.reduce((sum, window) => sum + window.anomalousRows, 0);
  return `${scored.length} windows with ${scoredRows} rows scored, ${anomalous} anomalous, ${published} alerts`;
}
