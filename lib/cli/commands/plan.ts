import { defaultDetector } from '../../config/defaults.ts';
import type { Detector } from '../../config/detector.ts';
import { ASSUMED } from '../../jobs/plan/assumptions.ts';
import { learnFromBucket, learnFromWindow } from '../../jobs/plan/learn-data.ts';
import { type DetectorToPlan, planDeployment } from '../../jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES, type PriceTable, parsePriceTable } from '../../jobs/plan/price-table.ts';
import type { KnownData } from '../../jobs/plan/workload.ts';
import { listDetectors, loadDetector } from '../../jobs/shared/load-detectors.ts';
import { readCheckedManifest } from '../check-manifest.ts';
import {
  BUCKET_OPTION,
  type Command,
  createContext,
  type Invocation,
  openBucket,
  stringValue,
} from '../command.ts';
import { nameOfData, readData } from '../data-file.ts';
import { durationValue } from '../option-values.ts';
import { describePlan, fieldsOfPlan } from '../plan-text.ts';
import { readManifestFile } from '../read-manifest-file.ts';
import { UsageError } from '../usage-error.ts';

const DAY = 86_400_000;
/** Days. */
const DEFAULT_AGE = 30;
const MOST_ENTITIES = 10_000_000;

/** Asks nobody but the files and the bucket that are named, and writes nothing. */
export const plan: Command = {
  name: 'plan',
  operands: '[FILE…]',
  summary: 'say before deploying what detectors will take and cost a month, and what will not fit',
  optionsHelp: [
    ['--entities N', 'entities of each detector, or NAME=N,NAME=N; of one without spec.entity there is one'],
    ['--series N', 'in its place, series: entities times metrics; or NAME=N,NAME=N'],
    ['--data PATH', 'in their place, data of the one detector: .parquet or .csv, or a folder of them'],
    ['--bucket NAME', 'in their place, what is in this bucket; without a FILE, for each of its detectors'],
    ['--age TIME', 'how long the deployment has run by then: 30d by default, 400d at its largest'],
    ['--detector-metrics', 'with a parameter detectorMetrics=on: metrics of each detector in CloudWatch'],
    ['--prices FILE', 'a table of prices in YAML or JSON; one of us-east-1 by default'],
    ['--check', 'exit code 1 where something will not fit'],
  ],
  examples: [
    'tidewatch plan detectors/*.yml --entities 40',
    'tidewatch plan payment.yml --data payment.parquet --age 400d',
    'tidewatch plan --bucket my-metrics --prices eu-west-1.yml --json',
  ],
  options: {
    ...BUCKET_OPTION,
    entities: { type: 'string' },
    series: { type: 'string' },
    data: { type: 'string' },
    age: { type: 'string' },
    'detector-metrics': { type: 'boolean' },
    prices: { type: 'string' },
    check: { type: 'boolean' },
  },
  async run(invocation) {
    const { values, output } = invocation;
    const age = (durationValue(values, 'age') ?? DEFAULT_AGE * DAY) / DAY;
    const prices = await readPrices(invocation);
    const given = await readDetectors(invocation);
    const planned = planDeployment(given, {
      age,
      prices,
      detectorMetrics: values['detector-metrics'] === true,
    });
    const told = { plan: planned, prices, age, assumed: ASSUMED };
    const [first, ...rest] = fieldsOfPlan(told);
    output.print(first!.type, describePlan(told), first!.fields);
    for (const { type, fields } of rest) output.print(type, undefined, fields);
    return values.check === true && planned.misfits.length > 0 ? 'failed' : 'ok';
  },
};

async function readPrices({ host, values }: Invocation): Promise<PriceTable> {
  const path = stringValue(values.prices);
  if (path === undefined) return DEFAULT_PRICES;
  return parsePriceTable(await readManifestFile(host, path), path);
}

async function readDetectors(invocation: Invocation): Promise<readonly DetectorToPlan[]> {
  const { operands, values, host } = invocation;
  const counts = readCounts(values);
  const data = stringValue(values.data);
  const isBucket = stringValue(values.bucket) !== undefined;
  if ([data !== undefined, isBucket, counts !== undefined].filter(Boolean).length > 1)
    throw new UsageError('plan takes one of --entities, --series, --data and --bucket');
  if (isBucket) return readBucket(invocation);
  if (data !== undefined) return [await readWithData(invocation, data)];
  if (operands.length === 0)
    throw new UsageError('plan needs a FILE, --data or --bucket; see tidewatch plan --help');
  const planned: DetectorToPlan[] = [];
  for (const path of operands) {
    const detector = await readCheckedManifest(await readManifestFile(host, path), {
      source: path,
      isPromql: false,
    });
    planned.push({ detector, known: countEntities(detector, counts) });
  }
  const names = planned.map(({ detector }) => detector.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`two of the files declare the detector ${twice}`);
  const unknown = [...(counts?.byName.keys() ?? [])].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--${counts?.option} names ${unknown}, and none of the files declares it`);
  return planned;
}

async function readWithData(invocation: Invocation, data: string): Promise<DetectorToPlan> {
  const { operands, host, output } = invocation;
  const [path, ...others] = operands;
  if (others.length > 0) throw new UsageError('--data is of one detector: plan takes one FILE with it');
  const detector =
    path === undefined
      ? defaultDetector(nameOfData(data))
      : await readCheckedManifest(await readManifestFile(host, path), { source: path, isPromql: false });
  const window = await readData(data, {
    detector: detector.name,
    step: detector.step,
    telemetry: output.telemetry,
  });
  return { detector, known: learnFromWindow(window, detector) };
}

/** Manifests of files go before those of the bucket: they may be what is changed. */
async function readBucket(invocation: Invocation): Promise<readonly DetectorToPlan[]> {
  const { operands, host } = invocation;
  const store = openBucket(invocation);
  const context = createContext(invocation, store);
  const detectors: Detector[] = [];
  for (const path of operands)
    detectors.push(
      await readCheckedManifest(await readManifestFile(host, path), { source: path, isPromql: false }),
    );
  if (operands.length === 0)
    for (const name of await listDetectors(context))
      detectors.push((await loadDetector(context, name)).detector);
  if (detectors.length === 0) throw new UsageError('the bucket has no detector; plan needs a FILE');
  const planned: DetectorToPlan[] = [];
  for (const detector of detectors) {
    const known = (await learnFromBucket(store, detector)) ?? countEntities(detector, undefined);
    planned.push({ detector, known });
  }
  return planned;
}

/** What people say of how much there is. */
interface Counts {
  readonly option: 'entities' | 'series';
  /** Of every detector that is not named. */
  readonly each: number | undefined;
  readonly byName: ReadonlyMap<string, number>;
}

function readCounts(values: Invocation['values']): Counts | undefined {
  const [entities, series] = [stringValue(values.entities), stringValue(values.series)];
  if (entities !== undefined && series !== undefined)
    throw new UsageError('plan takes --entities or --series, and not both');
  const text = entities ?? series;
  if (text === undefined) return undefined;
  const option = entities === undefined ? 'series' : 'entities';
  const byName = new Map<string, number>();
  let each: number | undefined;
  for (const part of text.split(',')) {
    const [, name, digits = ''] = /^(?:([^=]+)=)?(\d+)$/.exec(part.trim()) ?? [];
    const count = Number(digits);
    const isNew = name === undefined ? each === undefined : !byName.has(name);
    if (!isNew || digits === '' || count < 1 || count > MOST_ENTITIES)
      throw new UsageError(
        `--${option} is ${JSON.stringify(text)}, not a whole number from 1 to ${MOST_ENTITIES}, or NAME=N,NAME=N`,
      );
    if (name === undefined) each = count;
    else byName.set(name, count);
  }
  return { option, each, byName };
}

/** @throws UsageError where nothing says how many there are */
function countEntities(detector: Detector, counts: Counts | undefined): KnownData {
  const { name, entityLabels, metrics } = detector;
  const count = counts?.byName.get(name) ?? counts?.each;
  if (metrics.length === 0)
    throw new UsageError(
      `${name} has no queries, so that its metrics are those of its files: give --data or --bucket`,
    );
  if (entityLabels.length === 0) return { entities: 1 };
  if (count === undefined)
    throw new UsageError(
      `how many entities ${name} has, its manifest does not tell: give --entities N, --series N, --data or --bucket`,
    );
  return { entities: counts?.option === 'series' ? Math.ceil(count / metrics.length) : count };
}
