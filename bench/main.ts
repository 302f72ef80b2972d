/**
 * `npm run bench [-- NAME…] [--json FILE]`: speed beside peers, in one table; or one study, a table of its own.
 *
 * Each contender's time is the median of several rounds in which all take turns; the ratio is the median over the
 * rounds' pairs. A peer that the machine lacks is named in the table, and the rest goes on.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MODEL_KINDS } from '../lib/config/model-kind.ts';
import type { BenchRow } from './bench-row.ts';
import { isReached } from './bench-row.ts';
import { SCALE_NAMES, WAYS } from './cluster-fortnight/plan.ts';
import { PARTS } from './lived/part.ts';
import { describeMachine, renderMachine, renderTable } from './render-table.ts';
import type { Study, StudyOptions } from './study.ts';

/** Imported when they run, so that one bench's packages do not slow another one down. */
const BENCHES: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  'isolation-forest': async () => (await import('./isolation-forest.ts')).benchIsolationForest(),
  arima: async () => (await import('./arima.ts')).benchArima(),
  features: async () => (await import('./features.ts')).benchFeatures(),
  lstm: async () => (await import('./lstm.ts')).benchLstm(),
  'lstm-alone': async () => (await import('./lstm.ts')).benchLstmAlone(),
  'lstm-layer': async () => (await import('./lstm.ts')).benchLstmLayer(),
  pca: async () => (await import('./pca.ts')).benchPca(),
  eigen: async () => (await import('./eigen.ts')).benchEigen(),
  'pca-products': async () => (await import('./pca-products.ts')).benchPcaProducts(),
  parquet: async () => (await import('./parquet.ts')).benchParquet(),
  export: async () => (await import('./export.ts')).benchExport(),
  'cold-start': async () => (await import('./cold-start.ts')).benchColdStart(),
  models: async () => (await import('./models.ts')).benchModels(),
  latency: async () => (await import('./latency.ts')).benchLatency(),
};

/** Options of single studies. */
const OWN_OPTIONS = [
  'part',
  'model',
  'seeds',
  'scenarios',
  'no-peers',
  'jobs',
  'scale',
  'through',
  'mails',
  'plot',
] as const;
/** Of `lived`. */
const LIVED_OPTIONS = OWN_OPTIONS.filter(
  (name) => name !== 'scale' && name !== 'through' && name !== 'mails' && name !== 'plot',
);
type OwnOption = (typeof OWN_OPTIONS)[number];

/** What is not about speed: each runs alone, and prints its own table. */
const STUDIES: Readonly<
  Record<
    string,
    {
      readonly needsData: boolean;
      /** Keeps to some sets, and goes on from what an earlier run has kept. */
      readonly inParts?: boolean;
      /** Options beside these that it takes. */
      readonly takes?: readonly OwnOption[];
      readonly load: () => Promise<Study>;
    }
  >
> = {
  'threshold-defaults': {
    needsData: true,
    load: async () => (await import('./threshold-defaults.ts')).reportThresholds,
  },
  nab: { needsData: true, load: async () => (await import('./nab.ts')).reportNab },
  'nab-published': {
    needsData: true,
    load: async () => (await import('./nab-published.ts')).reportPublished,
  },
  'neural-quality': {
    needsData: false,
    load: async () => (await import('./neural-quality.ts')).reportNeuralQuality,
  },
  'autoencoder-peer': {
    needsData: true,
    inParts: true,
    load: async () => (await import('./autoencoder-peer.ts')).reportAutoencoderPeer,
  },
  'window-lengths': {
    needsData: false,
    load: async () => (await import('./window-lengths.ts')).reportWindowLengths,
  },
  'bucket-age': {
    needsData: false,
    load: async () => (await import('./bucket-age.ts')).reportBucketAge,
  },
  scale: {
    needsData: false,
    takes: ['plot'],
    load: async () => (await import('./scale.ts')).reportScale,
  },
  companions: { needsData: true, load: async () => (await import('./companions.ts')).reportCompanions },
  'autoencoder-peer-default-size': {
    needsData: true,
    inParts: true,
    load: async () => (await import('./autoencoder-peer.ts')).reportDefaultSizePeer,
  },
  // Its scenarios need no data.
  lived: {
    needsData: true,
    inParts: true,
    takes: LIVED_OPTIONS,
    load: async () => (await import('./lived.ts')).reportLived,
  },
  'sock-shop-replay': {
    needsData: true,
    load: async () => (await import('./sock-shop-replay.ts')).reportSockShop,
  },
  'lived-gate': {
    needsData: false,
    takes: ['seeds', 'jobs'],
    load: async () => (await import('./lived/gate.ts')).passGate,
  },
  'fault-plans': {
    needsData: false,
    takes: ['seeds'],
    load: async () => (await import('./fault-plans.ts')).reportFaultPlans,
  },
  'poison-plans': {
    needsData: false,
    takes: ['seeds'],
    load: async () => (await import('./poison-plans.ts')).reportPoisonPlans,
  },
  fuzz: { needsData: false, takes: ['seeds'], load: async () => (await import('./fuzz.ts')).reportFuzz },
  's3-tests': {
    needsData: true,
    takes: ['no-peers'],
    load: async () => (await import('./s3-tests.ts')).reportS3Tests,
  },
  'cluster-fortnight': {
    needsData: false,
    takes: ['seeds', 'scale', 'through', 'mails', 'model'],
    load: async () => (await import('./cluster-fortnight.ts')).reportFortnight,
  },
  deployments: {
    needsData: false,
    takes: ['seeds', 'model'],
    load: async () => (await import('./deployments.ts')).reportDeployments,
  },
  'pod-starts': {
    needsData: false,
    takes: ['seeds', 'model'],
    load: async () => (await import('./pod-starts.ts')).reportPodStarts,
  },
  'receiver-schemas': {
    needsData: true,
    load: async () => (await import('./receiver-schemas.ts')).reportReceiverSchemas,
  },
  'quiet-week': {
    needsData: false,
    takes: ['seeds', 'model'],
    load: async () => (await import('./quiet-week.ts')).reportQuietWeeks,
  },
  'unwatched-history': {
    needsData: false,
    takes: ['seeds', 'model'],
    load: async () => (await import('./unwatched-history.ts')).reportUnwatched,
  },
  catches: { needsData: false, load: async () => (await import('./catches.ts')).reportCatches },
};

const DATA_STUDIES = Object.keys(STUDIES).filter((name) => STUDIES[name]!.needsData);
const PART_STUDIES = Object.keys(STUDIES).filter((name) => STUDIES[name]!.inParts === true);

const USAGE = `usage: npm run bench [-- NAME…] [--json FILE]
       npm run bench -- STUDY [--data DIR] [--sets a,b] [--keep FILE] [--json FILE]

  NAME         one of ${Object.keys(BENCHES).join(', ')}; all of them by default
  STUDY        one of ${Object.keys(STUDIES).join(', ')}
  --json FILE  writes the figures there too
  --data DIR   for ${DATA_STUDIES.join(', ')}: folder of labelled data sets;
               for s3-tests a checkout of ceph/s3-tests
  --sets a,b   for ${PART_STUDIES.join(', ')}: of that folder's data sets, only these
  --keep FILE  for the same: results so far, one a line; what it holds is not measured again; for lived a folder of
               what its peers made of each file

lived also takes
  --part PART  test (by default), or train: training parts alone, with planted faults
  --scenarios  the simulator's scenarios, with the sets or, without --data, alone
  --seeds N    simulated seeds, 5 by default; also for lived-gate; of fault-plans (1,000) and
               poison-plans (500) how many plans
  --model KIND in place of the default kind
  --no-peers   the product alone; also for s3-tests
  --jobs N     threads that share the work, 1 by default; also for lived-gate

cluster-fortnight takes --seeds N (1 by default), --model KIND and
  --scale NAME   ${SCALE_NAMES.join(', ')}; coarse by default
  --through WAY  ${WAYS.join(', ')}: the jobs in this process, or the packaged functions on the emulator; memory by default
  --mails DIR    through the zips: where the mails go that people would get

scale takes
  --plot FILE  where its picture goes, a PNG

exit codes: 0 measured, whatever the figures; 1 a bench failed, or the gate is missed; 2 bad arguments`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const machine = describeMachine();
  console.log(renderMachine(machine));
  if (options.study !== undefined) {
    const study = await STUDIES[options.study]!.load();
    const { text, figures, isMissed = false } = await study(options.data ?? '', say, options);
    console.log(text);
    save(options.json, { machine, figures });
    return isMissed ? 1 : 0;
  }
  const { rows, failures } = await runBenches(options.names);
  if (rows.length > 0) console.log(`\n${renderTable(rows)}`);
  for (const failure of failures) console.error(failure);
  save(options.json, { machine, rows: rows.map((row) => ({ ...row, reached: isReached(row) })), failures });
  return failures.length > 0 ? 1 : 0;
}

/** One that fails does not keep the others from being measured. */
async function runBenches(
  names: readonly string[],
): Promise<{ readonly rows: readonly BenchRow[]; readonly failures: readonly string[] }> {
  const rows: BenchRow[] = [];
  const failures: string[] = [];
  for (const name of names) {
    say(`measuring ${name} …`);
    try {
      rows.push(...(await BENCHES[name]!()));
    } catch (error) {
      failures.push(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { rows, failures };
}

interface Options extends StudyOptions {
  readonly names: readonly string[];
  readonly study: string | undefined;
  readonly json: string | undefined;
  /** Set for studies that need it alone. */
  readonly data: string | undefined;
  readonly help: boolean;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      data: { type: 'string' },
      sets: { type: 'string' },
      keep: { type: 'string' },
      part: { type: 'string' },
      model: { type: 'string' },
      seeds: { type: 'string' },
      scenarios: { type: 'boolean' },
      'no-peers': { type: 'boolean' },
      jobs: { type: 'string' },
      scale: { type: 'string' },
      through: { type: 'string' },
      mails: { type: 'string' },
      plot: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { json, data, keep, help } = values;
  const sets = values.sets?.split(',');
  const study = positionals.find((name) => Object.hasOwn(STUDIES, name));
  if (study !== undefined && positionals.length > 1) throw new Error(`${study} runs alone`);
  const isWithoutData = study === 'lived' && values.scenarios === true && data === undefined;
  const needsData = study !== undefined && STUDIES[study]!.needsData && !isWithoutData;
  if (needsData !== (data !== undefined) && !help)
    throw new Error(
      needsData ? `${study} needs --data DIR` : `--data is for ${DATA_STUDIES.join(', ')} only`,
    );
  const inParts = study !== undefined && PART_STUDIES.includes(study);
  if ((sets !== undefined || keep !== undefined) && !inParts)
    throw new Error(`--sets and --keep are for ${PART_STUDIES.join(', ')} only`);
  const takes = (study !== undefined && STUDIES[study]!.takes) || [];
  for (const name of OWN_OPTIONS)
    if (values[name] !== undefined && !takes.includes(name))
      throw new Error(`--${name} is not for ${study ?? 'benches of speed'}`);
  if (values.mails !== undefined && values.through !== 'zips')
    throw new Error('--mails goes with --through zips: in memory there are none');
  const unknown = study !== undefined ? [] : positionals.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) throw new Error(`no bench is called ${unknown.join(', ')}`);
  return {
    names: positionals.length > 0 ? positionals : Object.keys(BENCHES),
    study,
    json,
    data,
    sets,
    keep,
    part: oneOf('part', values.part, PARTS),
    model: oneOf('model', values.model, MODEL_KINDS),
    seeds: countOf('seeds', values.seeds),
    scenarios: values.scenarios ?? false,
    peers: values['no-peers'] !== true,
    jobs: countOf('jobs', values.jobs) ?? 1,
    scale: oneOf('scale', values.scale, SCALE_NAMES),
    through: oneOf('through', values.through, WAYS),
    mails: values.mails,
    plot: values.plot,
    help,
  };
}

function oneOf<T extends string>(
  name: string,
  given: string | undefined,
  known: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const found = known.find((each) => each === given);
  if (found === undefined) throw new Error(`--${name} is ${given}; one of ${known.join(', ')}`);
  return found;
}

function countOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const count = Number(given);
  if (!(Number.isInteger(count) && count >= 1))
    throw new Error(`--${name} is ${given}; a whole number, 1 or more`);
  return count;
}

function save(file: string | undefined, figures: object): void {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Progress, apart from the table. */
function say(line: string): void {
  console.error(line);
}
