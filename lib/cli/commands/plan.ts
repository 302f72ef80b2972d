import { WindowError } from '../../base/errors.ts';
import { defaultDetector } from '../../config/defaults.ts';
import type { Detector } from '../../config/detector.ts';
import { takeShard } from '../../config/take-shard.ts';
import { listUnits, parseUnit } from '../../config/work-unit.ts';
import { MOST_DAYS } from '../../jobs/export/backfill-days.ts';
import { listAssumptions } from '../../jobs/plan/assumptions.ts';
import type { Container } from '../../jobs/plan/containers.ts';
import { learnFromBucket, learnFromData } from '../../jobs/plan/learn-data.ts';
import { type DetectorToPlan, planDeployment } from '../../jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES, type PriceTable, parsePriceTable } from '../../jobs/plan/price-table.ts';
import type { KnownData } from '../../jobs/plan/workload.ts';
import { readDetector } from '../../jobs/shared/load-detectors.ts';
import { readCheckedManifest } from '../check-manifest.ts';
import {
  BUCKET_OPTION,
  type Command,
  forEachDetector,
  type Invocation,
  openBucket,
  stringValue,
  textOptions,
} from '../command.ts';
import { nameOfData, readData } from '../data-file.ts';
import { findChosen } from '../detectors.ts';
import { type ExitStatus, worstStatus } from '../exit-code.ts';
import { durationValue } from '../option-values.ts';
import { describePlan, fieldsOfPlan } from '../plan-text.ts';
import { readManifestFile } from '../read-manifest-file.ts';
import { countShardsOf } from '../units.ts';
import { UsageError } from '../usage-error.ts';

const DAY = 86_400_000;
/** Days. */
const DEFAULT_AGE = 30;
/** MB that Fargate gives with so many processors, as infra/aws/batch.cjs has them: a test holds the two together. */
export const MOST_MEMORY_OF = { 1: 8_192, 2: 16_384, 4: 30_720, 8: 61_440, 16: 122_880 } as const;
/** MB for each processor. */
const LEAST_MEMORY = 2_048;
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
    [
      '--bucket NAME',
      'what is in this bucket, and counts for what has no window yet; without a FILE, all of it',
    ],
    ['--age TIME', 'how long the deployment has run by then: 30d by default, 400d at its largest'],
    [
      '--backfill TIME',
      'with a parameter backfill=on: what a backfill takes once that goes back for so long, such as 730d',
    ],
    ['--detector-metrics', 'with a parameter detectorMetrics=on: every count is a metric, also by detector'],
    [
      '--batch SIZE',
      'with a parameter batch=on: batchVcpus, or batchVcpus,batchMemory; trainings beyond the function are jobs then',
    ],
    [
      '--prices FILE',
      "a table of prices in YAML or JSON; by default one of us-east-1 that was not checked against AWS's pages",
    ],
    ['--check', 'exit code 1 where something will not fit'],
  ],
  examples: [
    'tidewatch plan detectors/*.yml --entities 40',
    'tidewatch plan payment.yml --data payment.parquet --age 400d',
    'tidewatch plan fleet.yml --entities 2000 --batch 4 --backfill 730d',
    'tidewatch plan --bucket my-metrics --prices eu-west-1.yml --json',
  ],
  options: {
    ...BUCKET_OPTION,
    ...textOptions('entities', 'series', 'data', 'age', 'prices', 'batch', 'backfill'),
    'detector-metrics': { type: 'boolean' },
    check: { type: 'boolean' },
  },
  async run(invocation) {
    const { values, output } = invocation;
    const age = (durationValue(values, 'age') ?? DEFAULT_AGE * DAY) / DAY;
    const prices = await readPrices(invocation);
    const container = readContainer(values);
    const backfillDays = readBackfill(values);
    const given = await readDetectors(invocation);
    // What would be told of none of them is what is there without any.
    if (given.detectors.length === 0) return given.status;
    const planned = planDeployment(given.detectors, {
      age,
      prices,
      detectorMetrics: values['detector-metrics'] === true,
      container,
      backfillDays,
    });
    const loads = planned.detectors.map(({ load }) => load);
    const told = {
      plan: planned,
      prices,
      age,
      container,
      assumed: listAssumptions(loads, container !== undefined),
    };
    const [first, ...rest] = fieldsOfPlan(told);
    output.print(first!.type, describePlan(told), first!.fields);
    for (const { type, fields } of rest) output.print(type, undefined, fields);
    const fits = values.check !== true || planned.misfits.length === 0;
    return worstStatus([given.status, fits ? 'ok' : 'failed']);
  },
};

async function readPrices({ host, values }: Invocation): Promise<PriceTable> {
  const path = stringValue(values.prices);
  if (path === undefined) return DEFAULT_PRICES;
  return parsePriceTable(await readManifestFile(host, path), path);
}

/** Whole days. */
function readBackfill(values: Invocation['values']): number | undefined {
  const time = durationValue(values, 'backfill');
  if (time === undefined) return undefined;
  const days = time / DAY;
  if (Number.isInteger(days) && days <= MOST_DAYS) return days;
  throw new UsageError(
    `--backfill is ${JSON.stringify(values['backfill'])}, not whole days up to ${MOST_DAYS}d, as a backfill has at most`,
  );
}

function readContainer(values: Invocation['values']): Container | undefined {
  const text = stringValue(values.batch);
  if (text === undefined) return undefined;
  const [, vcpusText, mbText] = /^(\d+)(?:,(\d+))?$/.exec(text) ?? [];
  const vcpus = Number(vcpusText);
  const most = MOST_MEMORY_OF[vcpus as keyof typeof MOST_MEMORY_OF];
  const memoryMb = Number(mbText ?? most);
  if (most !== undefined && memoryMb >= LEAST_MEMORY * vcpus && memoryMb <= most) return { vcpus, memoryMb };
  throw new UsageError(
    `--batch is ${JSON.stringify(text)}, not batchVcpus (${Object.keys(MOST_MEMORY_OF).join(', ')}) or batchVcpus,batchMemory with ${LEAST_MEMORY} MB a processor at least, and at most ${Object.values(MOST_MEMORY_OF).join(', ')} MB`,
  );
}

interface Given {
  readonly detectors: readonly DetectorToPlan[];
  /** Whether all that were asked for are among them. */
  readonly status: ExitStatus;
}

async function readDetectors(invocation: Invocation): Promise<Given> {
  const { operands, values } = invocation;
  const counts = readCounts(values);
  const data = stringValue(values.data);
  const isBucket = stringValue(values.bucket) !== undefined;
  if (data !== undefined && (isBucket || counts !== undefined))
    throw new UsageError(
      'plan takes --data, or --bucket, or --entities or --series, and not several of them',
    );
  if (data !== undefined) return { detectors: [await readWithData(invocation, data)], status: 'ok' };
  if (isBucket) return readBucket(invocation, counts);
  if (operands.length === 0)
    throw new UsageError('plan needs a FILE, --data or --bucket; see tidewatch plan --help');
  const declared = await readFiles(invocation);
  checkNames(counts, declared);
  const detectors = declared.map((detector) => ({ detector, known: countEntities(detector, counts) }));
  return { detectors, status: 'ok' };
}

async function readFiles(invocation: Invocation): Promise<readonly Detector[]> {
  const detectors: Detector[] = [];
  for (const path of invocation.operands) detectors.push(await readFile(invocation, path));
  const names = detectors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`two of the files declare the detector ${twice}`);
  return detectors;
}

async function readFile({ host }: Invocation, path: string): Promise<Detector> {
  return readCheckedManifest(await readManifestFile(host, path), { source: path, isPromql: false });
}

async function readWithData(invocation: Invocation, data: string): Promise<DetectorToPlan> {
  const { operands, output } = invocation;
  const [path, ...others] = operands;
  if (others.length > 0) throw new UsageError('--data is of one detector: plan takes one FILE with it');
  const detector = path === undefined ? defaultDetector(nameOfData(data)) : await readFile(invocation, path);
  const window = await readData(data, {
    detector: detector.name,
    step: detector.step,
    telemetry: output.telemetry,
  });
  return { detector, known: learnFromData(window, detector) };
}

/**
 * Manifests of files go before those of the bucket: they may be what is changed. One that cannot be planned is told of, and does
 * not keep the others from it.
 */
async function readBucket(invocation: Invocation, counts: Counts | undefined): Promise<Given> {
  const store = openBucket(invocation);
  const declared = new Map((await readFiles(invocation)).map((detector) => [detector.name, detector]));
  const names = declared.size > 0 ? [...declared.keys()] : await findChosen(store, []);
  if (names.length === 0) throw new UsageError('the bucket has no detector; plan needs a FILE');
  checkNames(
    counts,
    names.map((name) => ({ name })),
  );
  const detectors: DetectorToPlan[] = [];
  const status = await forEachDetector(invocation, names, async (name) => {
    const detector = declared.get(name) ?? (await readDetector(store, name));
    const shards = await countShardsOf(store, name);
    for (const unit of shards === 1 ? [] : listUnits(name, shards)) {
      const own = takeShard(detector, parseUnit(unit)?.shard);
      const known = await learnFromBucket(store, own);
      // A shard that nobody is in does nothing.
      if (known !== undefined) detectors.push({ detector: own, known });
    }
    if (detectors.some((each) => each.detector.name === name)) return;
    const found = await learnFromBucket(store, detector);
    const known = found ?? countWithoutWindows(detector, counts);
    detectors.push({ detector, known, ...(found !== undefined && { isSettled: true }) });
  });
  return { detectors, status };
}

/** @throws WindowError where only a window could tell */
function countWithoutWindows(detector: Detector, counts: Counts | undefined): KnownData {
  const { name, metrics } = detector;
  try {
    return countEntities(detector, counts);
  } catch (cause) {
    const hint =
      metrics.length === 0 ? '' : `; until it has one, give --entities ${name}=N or --series ${name}=N`;
    throw new WindowError(
      'no-windows',
      `${name} is not in this plan: it has no window yet that tells how much there is${hint}`,
      { cause },
    );
  }
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

/** @throws UsageError for a name that no detector has */
function checkNames(counts: Counts | undefined, detectors: readonly { readonly name: string }[]): void {
  const names = new Set(detectors.map(({ name }) => name));
  const unknown = [...(counts?.byName.keys() ?? [])].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new UsageError(`--${counts!.option} names ${unknown}, and no detector of this plan is called so`);
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
