/** `tidewatch score FILE --model DIR`: no bucket, no topic. */
import { findOtherDirections, type OtherDirection } from '../../jobs/offline/learned-directions.ts';
import { openLocalBucket } from '../../jobs/offline/local-bucket.ts';
import { openModel } from '../../jobs/offline/model-bucket.ts';
import { scoreWindowFile } from '../../jobs/offline/score-window-file.ts';
import { countOf, formatTime } from '../../report/format.ts';
import { readTable } from '../../window/parquet.ts';
import { type Invocation, stringValue } from '../command.ts';
import { readData } from '../data-file.ts';
import type { ExitStatus } from '../exit-code.ts';
import { readFileDetector } from '../file-detector.ts';
import { requiredText } from '../option-values.ts';
import { UsageError } from '../usage-error.ts';
import { writeNamedFile } from '../write-file.ts';

const BUCKET_ONLY = ['bucket', 'topic', 'print-only'] as const;
/** Columns that a note names. */
const MOST_NAMED = 5;
const OUT_NAME = /\.(?:parquet|csv)$/i;

export async function scoreFile(invocation: Invocation): Promise<ExitStatus> {
  const { values, operands, host, output } = invocation;
  const [data] = operands;
  if (data === undefined || operands.length > 1)
    throw new UsageError(`score --model takes one FILE or folder, and was given ${operands.length}`);
  const misplaced = BUCKET_ONLY.find((option) => values[option] !== undefined);
  if (misplaced !== undefined)
    throw new UsageError(`--${misplaced} is for a bucket, and --model for a file: they exclude each other`);
  const folder = requiredText(values, 'model', 'score');
  const out = stringValue(values.out);
  if (out !== undefined && !OUT_NAME.test(out))
    throw new UsageError(`--out is ${JSON.stringify(out)}, which ends in neither .parquet nor .csv`);
  const given =
    values.manifest === undefined ? undefined : (await readFileDetector(invocation, data)).detector;
  // Whoever names a file wants all of its rows judged, also those that lie ahead of this machine's clock.
  let clock = host.now();
  const bucket = openLocalBucket({ telemetry: output.telemetry, now: () => clock, source: data });
  const model = await openModel(bucket, { folder, detector: given });
  const others = given === undefined ? [] : findOtherDirections(given, model.fitted);
  if (others.length > 0) output.print('note', sayOthers(others), { directions: others });
  const window = await readData(data, {
    detector: model.detector.name,
    step: model.fitted.manifest.step,
    telemetry: output.telemetry,
  });
  clock = Math.max(clock, window.range.end);
  const { rows, anomalousRows, changes, scores } = await scoreWindowFile(bucket, model, {
    window,
    source: data,
  });
  for (const { anomaly } of changes)
    output.print(
      'anomaly',
      `${formatTime(Date.parse(anomaly.start))}  ${anomaly.severity} ${anomaly.state}: ${anomaly.summary}`,
      { anomaly },
    );
  if (out !== undefined) await writeNamedFile(out, /\.csv$/i.test(out) ? toCsv(scores) : scores);
  const anomalies = new Set(changes.map(({ anomaly }) => anomaly.anomalyId)).size;
  output.print(
    'scored',
    `${data}: ${rows} rows scored, ${anomalousRows} anomalous, ${countOf(anomalies, 'anomaly', 'anomalies')}${out === undefined ? '' : `; scores in ${out}`}`,
    {
      data,
      model: model.fitted.manifest.kind,
      version: model.fitted.manifest.version,
      rows,
      anomalousRows,
      anomalies,
      ...(out !== undefined && { out }),
    },
  );
  return 'ok';
}

function sayOthers(others: readonly OtherDirection[]): string {
  const named = others
    .slice(0, MOST_NAMED)
    .map(
      ({ column, asked, learned }) =>
        `${column} ${learned === 'both' ? 'both ways' : learned} (manifest: ${asked})`,
    );
  const left = others.length - named.length;
  return `direction acts from the next training on; this model watches ${named.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

/** The columns of the scores object; times as ISO 8601 UTC, a missing score empty. */
function toCsv(parquet: Uint8Array): string {
  const table = readTable(parquet);
  const names = table.schema.fields.map(({ name }) => name);
  const lines = [names.join(',')];
  for (const row of table)
    lines.push(
      names
        .map((name) => formatCell(name === 'timestamp' ? new Date(Number(row[name])) : row[name]))
        .join(','),
    );
  return `${lines.join('\n')}\n`;
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (value instanceof Date) return value.toISOString();
  // A spreadsheet takes a text that begins so for a formula.
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
