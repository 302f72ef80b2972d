import { formatLength } from '../../alert/format-value.ts';
import type { Detector } from '../../config/detector.ts';
import { readSettings } from '../../config/settings.ts';
import { sayWarmup } from '../../config/warmup.ts';
import { type BacktestResult, backtest as replay } from '../../jobs/offline/backtest.ts';
import { reasonFields } from '../../jobs/offline/explain-misses.ts';
import { nullForNaN } from '../../jobs/offline/render-evaluation.ts';
import type { BacktestIncident } from '../../jobs/offline/replayed-incidents.ts';
import { loadDetector } from '../../jobs/shared/load-detectors.ts';
import { listWindowObjects } from '../../jobs/shared/looked-at.ts';
import { readWindowObject } from '../../jobs/shared/read-window-object.ts';
import { countOf, formatRate, formatTime } from '../../report/format.ts';
import { mergeWindows } from '../../window/combine.ts';
import type { MetricWindow } from '../../window/window.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  type Invocation,
  openBucket,
  stringValue,
  textOptions,
} from '../command.ts';
import { readData } from '../data-file.ts';
import { MANIFEST_HELP, readFileDetector } from '../file-detector.ts';
import { durationValue } from '../option-values.ts';
import { UsageError } from '../usage-error.ts';
import { refuseOperands } from './fit.ts';

export const backtest: Command = {
  name: 'backtest',
  operands: '',
  summary: 'replay history as the functions would have run, and say what would have been alerted',
  optionsHelp: [
    ['--data PATH', '.parquet or .csv, or a folder of them; a column label (0/1) judges the alerts'],
    ['--detector NAME', 'in place of --data: the windows of this detector in the bucket, read only'],
    MANIFEST_HELP,
    ['--train-for TIME', 'history before the first training, such as 7d; else as much as warmup asks for'],
    ['--retrain-every TIME', 'else what the manifest says under training.every'],
    BUCKET_HELP,
  ],
  examples: [
    'tidewatch backtest --data metrics.parquet --train-for 7d --retrain-every 1d',
    'tidewatch backtest --data metrics.csv --manifest detectors/checkout.yml --json',
    'tidewatch backtest --detector checkout --bucket my-metrics',
  ],
  options: {
    ...BUCKET_OPTION,
    ...textOptions('data', 'detector', 'manifest', 'train-for', 'retrain-every'),
  },
  async run(invocation) {
    const { values, output } = invocation;
    refuseOperands(invocation, 'backtest');
    const trainFor = durationValue(values, 'train-for');
    const every = durationValue(values, 'retrain-every');
    const { detector, window } = await readHistory(invocation);
    const length = window.range.end - window.range.start;
    if (trainFor !== undefined && trainFor >= length)
      throw new UsageError(
        `--train-for is ${stringValue(values['train-for'])}, and the data are ${formatLength(length)} long, ${formatTime(window.range.start)} to ${formatTime(window.range.end)} UTC: nothing would be left to watch`,
      );
    const progress = output.startProgress(`replaying ${detector.name}`);
    const result = await replay(
      {
        detector: {
          ...detector,
          training: { ...detector.training, every: every ?? detector.training.every },
        },
        window,
        source: stringValue(values.data),
        trainFor,
        grouping: readSettings(invocation.host.env, ['grouping']).grouping,
        onProgress: progress.update,
      },
      output.telemetry,
    ).finally(progress.stop);
    for (const { at, alert } of result.published)
      output.print('alert', `${formatTime(at)}  ${alert.severity} ${alert.state}: ${alert.summary}`, {
        at: new Date(at).toISOString(),
        alert,
      });
    output.print('backtest', describe(detector, result), toFields(detector, result));
    return 'ok';
  },
};

interface History {
  readonly detector: Detector;
  readonly window: MetricWindow;
}

async function readHistory(invocation: Invocation): Promise<History> {
  const { values } = invocation;
  const data = stringValue(values.data);
  const name = stringValue(values.detector);
  if ((data === undefined) === (name === undefined))
    throw new UsageError('backtest needs --data or --detector, and not both; see tidewatch backtest --help');
  if (data !== undefined) {
    const { detector } = await readFileDetector(invocation, data);
    return {
      detector,
      window: await readData(data, {
        detector: detector.name,
        step: detector.step,
        telemetry: invocation.output.telemetry,
      }),
    };
  }
  return await readBucket(invocation, name!);
}

/** @throws UsageError where the bucket holds no window of that detector */
async function readBucket(invocation: Invocation, name: string): Promise<History> {
  const context = createContext(invocation, openBucket(invocation));
  const loaded = await loadDetector(context, name);
  const given = stringValue(invocation.values.manifest);
  const detector =
    given === undefined ? loaded.detector : { ...(await readFileDetector(invocation, name)).detector, name };
  const windows: MetricWindow[] = [];
  let step = detector.step;
  for (const { key } of await listWindowObjects(context.store, name)) {
    const read = await readWindowObject(context, { detector, key, step });
    if (read === undefined) continue;
    step ??= read.window.step;
    windows.push(read.window);
  }
  if (windows.length === 0) throw new UsageError(`the bucket holds no windows of ${JSON.stringify(name)}`);
  return { detector, window: mergeWindows(windows) };
}

function describe(detector: Detector, result: BacktestResult): string {
  const { range, windows, rows, entities, trainings, watched, incidents, judged } = result;
  const lines = [
    `${detector.name}: ${countOf(windows, 'window')} with ${countOf(rows, 'row')} of ${countOf(entities, 'entity', 'entities')}, ${formatTime(range.start)} to ${formatTime(range.end)} UTC`,
  ];
  if (watched === undefined || trainings[0] === undefined)
    return [...lines, `never trained: less than the warmup of ${sayWarmup(detector)}`].join('\n');
  lines.push(
    `first trained ${formatTime(trainings[0].at)}, ${countOf(trainings.length, 'version')} in all; watched for ${formatLength(watched.end - watched.start)}`,
    `${countOf(incidents.length, 'incident')}, ${countOf(result.published.length, 'message')}: ${formatRate(result.incidentsPerWeek)} incidents a week`,
    ...incidents.map((incident) => `  ${describeIncident(incident, detector)}`),
    ...describeUntold(result),
  );
  if (judged === undefined)
    return [
      ...lines,
      'no labels, neither a column “label” nor criteria: nothing says which of them were right',
    ].join('\n');
  const { events, delay, falseAlarmsPerDay } = judged;
  lines.push(
    `${events.foundEvents} of ${countOf(events.events, 'labelled event')} found${Number.isNaN(delay.median) ? '' : `, ${formatLength(delay.median)} after their start (median)`}`,
    `${formatRate(falseAlarmsPerDay)} false alarms a day (${events.falseAlerts} of ${countOf(events.alerts, 'incident')})`,
    ...judged.found.map(
      (event) =>
        `  ${event.alertedAt === undefined ? 'missed' : 'found '}  ${formatTime(event.start)} to ${formatTime(event.end)}  ${event.entity || detector.name}${event.alertedAt === undefined ? '' : `, alerted ${formatTime(event.alertedAt)}`}${event.miss === undefined ? '' : `: ${event.miss.said}`}`,
    ),
  );
  return lines.join('\n');
}

function describeIncident(incident: BacktestIncident, detector: Detector): string {
  const { start, end, isOpen, isRight, isFromDigest, alertedAt } = incident;
  const entities = countOf(incident.entities, 'entity', 'entities');
  return [
    isRight === undefined ? '' : isRight ? 'right  ' : 'false  ',
    `${formatTime(start)} to ${formatTime(end)}${isOpen ? ' and on' : ''}  ${entities}: `,
    `${incident.entity || detector.name}${incident.entities > 1 ? ' first' : ''}, `,
    `told ${formatTime(alertedAt)}${isFromDigest ? ' in a digest' : ''}, ${countOf(incident.alerts, 'message')}`,
  ].join('');
}

/** What there were incidents of, and no message. */
function describeUntold({ untold: { waiting, held, dropped } }: BacktestResult): readonly string[] {
  return [
    ...(waiting > 0 ? [`${countOf(waiting, 'incident')} not told of yet when the data ended`] : []),
    ...(held > 0
      ? [`${countOf(held, 'incident')} for the next digest, over the day's budget or by the manifest`]
      : []),
    ...(dropped > 0
      ? [
          `${countOf(dropped, 'incident')} not told of: pods that had just begun, and soon were like the others`,
        ]
      : []),
  ];
}

function toFields(detector: Detector, result: BacktestResult): object {
  const { published, incidents, judged, watched, range, trainings, ...rest } = result;
  const iso = (time: number): string => new Date(time).toISOString();
  const isoRange = ({ start, end }: { start: number; end: number }): object => ({
    start: iso(start),
    end: iso(end),
  });
  return nullForNaN({
    detector: detector.name,
    range: isoRange(range),
    watched: watched === undefined ? null : isoRange(watched),
    trainings: trainings.map(({ version, at }) => ({ version, at: iso(at) })),
    alerts: published.length,
    ...rest,
    incidents: incidents.map(({ start, end, alertedAt, isRight = null, anomalies, ...incident }) => ({
      ...incident,
      ...isoRange({ start, end }),
      alertedAt: iso(alertedAt),
      isRight,
      anomalies: anomalies.map(({ incidentId: _, toldAt, ...anomaly }) => ({
        ...anomaly,
        ...isoRange(anomaly),
        toldAt: toldAt === undefined ? null : iso(toldAt),
      })),
    })),
    judged:
      judged === undefined
        ? null
        : {
            ...judged,
            found: judged.found.map(({ start, end, entity, alertedAt, miss }) => ({
              entity,
              ...isoRange({ start, end }),
              alertedAt: alertedAt === undefined ? null : iso(alertedAt),
              missed: miss === undefined ? null : reasonFields(miss),
            })),
          },
  }) as object;
}
