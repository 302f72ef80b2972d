/**
 * `npm run bench:quality -- --data DIR [--models a,b] [--json FILE]`: how well the models find labelled anomalies, on
 * any folder of series (`quality/find-series.ts` has the layout), beside scikit-learn's and beside chance.
 *
 * Fitted and scored by the product's own jobs at its defaults. VUS-PR, average precision and best F1 judge the ranking
 * of rows; event recall, detection delay and false alarms a day judge what the decision stage makes of it at its
 * default policy, and the share of time in alert tells of an alert that never ends: it finds every event. The peers see the same matrices, and the same policy with a threshold from their own training scores.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEFAULTS } from '../lib/config/defaults.ts';
import { MODEL_KINDS, type ModelKind } from '../lib/config/model-kind.ts';
import { rowsForPercentile } from '../lib/config/percentile.ts';
import { calibrateThreshold } from '../lib/decision/threshold.ts';
import { DEFAULT_MAX_BUFFER } from '../lib/maths/metrics/volume-under-surface.ts';
import { seedRandom } from '../lib/maths/random.ts';
import { findSeries } from './quality/find-series.ts';
import { loadCase, type QualityCase } from './quality/load-case.ts';
import { measureQuality } from './quality/measure.ts';
import { type Peers, startPeers } from './quality/peers.ts';
import { type DetectorRun, runDetector } from './quality/run-detector.ts';
import { type FileQuality, renderQuality, summarize } from './quality/table.ts';

const USAGE = `usage: npm run bench:quality -- --data DIR [--models a,b] [--buffer ROWS] [--no-peers] [--json FILE]

  --data DIR      holds series as CSV: timestamp (unix seconds), metrics, label (0 or 1); train/ beside test/ where
                  there are training files, else each file is fitted on its own first part: 15 % of its rows, or
                  ${DEFAULTS.warmup} rows where that is more and leaves half of them
  --models a,b    of ${MODEL_KINDS.join(', ')}; all of them by default
  --buffer ROWS   longest buffer of VUS-PR; ${DEFAULT_MAX_BUFFER} by default
  --no-peers      leaves out scikit-learn's models
  --json FILE     writes the figures there too, file by file

exit codes: 0 measured, whatever the figures; 1 no file could be used; 2 bad arguments`;

/** Scores that know nothing: what the figures are worth by chance. */
const CHANCE = 'random scores';

interface Options {
  readonly data: string;
  readonly models: readonly ModelKind[];
  readonly buffer: number;
  readonly peers: boolean;
  readonly json: string | undefined;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const peers = options.peers ? await startPeers() : undefined;
  try {
    return await measure(options, peers);
  } finally {
    peers?.close();
  }
}

async function measure({ data, models, buffer, json }: Options, peers: Peers | undefined): Promise<number> {
  const { series, unused } = findSeries(data);
  const skipped = [...unused];
  const files: FileQuality[] = [];
  for (const [i, { set, name, ...paths }] of series.entries()) {
    const start = performance.now();
    try {
      const loaded = loadCase({ set, name, ...paths });
      for (const { model, run } of await scoreCase(loaded, models, peers, name))
        files.push({ set, file: name, model, ...measureQuality(run, buffer) });
      say(`${i + 1}/${series.length} ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      skipped.push({ name, reason });
      say(`${i + 1}/${series.length} ${name}: not used: ${reason}`);
    }
  }
  for (const { name, reason } of unused) say(`${name}: not used: ${reason}`);
  const sets = summarize(files);
  if (json !== undefined)
    writeFileSync(
      json,
      `${JSON.stringify({ buffer, sklearn: peers?.version, sets, files, skipped }, null, 2)}\n`,
    );
  if (files.length === 0) {
    console.error(`none of the ${series.length} files under ${data} could be used`);
    return 1;
  }
  console.log(renderQuality(sets));
  console.log(
    `\nMeans over files; (n): over the n files that have the figure. VUS-PR with buffers of 0 to ${buffer} rows. ` +
      `${peers === undefined ? 'Without scikit-learn' : `scikit-learn ${peers.version} on the same matrices`}. ` +
      `${skipped.length} files not used, see above.`,
  );
  return 0;
}

interface ScoredModel {
  readonly model: string;
  readonly run: DetectorRun;
}

/** Our models, then the peers and chance on the matrices of the first of ours. */
async function scoreCase(
  loaded: QualityCase,
  models: readonly ModelKind[],
  peers: Peers | undefined,
  name: string,
): Promise<readonly ScoredModel[]> {
  const ours: ScoredModel[] = [];
  for (const model of models) ours.push({ model, run: await runDetector(loaded, model) });
  const first = ours[0]!.run;
  const { scores = [], refused = [] } = (await peers?.score(first.train, first.test)) ?? {};
  for (const refusal of refused) say(`${name}: ${refusal}`);
  const random = seedRandom(DEFAULTS.seed);
  const draw = (rows: number): Float64Array => Float64Array.from({ length: rows }, () => random.nextFloat());
  const chance = {
    name: CHANCE,
    train: draw(first.train.times.length),
    test: draw(first.test.times.length),
  };
  return [
    ...ours,
    ...[...scores, chance].map(({ name: model, train, test }) => ({
      model,
      run: withScores(first, train, test),
    })),
  ];
}

/**
 * Rows in which nothing was measured are not for a peer to judge. It decides by the rule of a percentile, and not at all
 * where its training scores are too few for one.
 */
function withScores(run: DetectorRun, train: Float64Array, test: Float64Array): DetectorRun {
  const { evidence: _, ...scored } = run.scored;
  const { minDeviation, k, n, resolveAfter } = DEFAULTS;
  const isEnough = train.length >= rowsForPercentile(DEFAULTS.percentile);
  return {
    ...run,
    scored: { ...scored, scores: test.map((score, row) => (run.measured[row] === 1 ? score : NaN)) },
    policy: isEnough
      ? {
          threshold: calibrateThreshold(train, DEFAULTS.percentile).threshold,
          minDeviation,
          k,
          n,
          resolveAfter,
        }
      : undefined,
  };
}

/** Undefined where help is asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      models: { type: 'string' },
      buffer: { type: 'string', default: String(DEFAULT_MAX_BUFFER) },
      'no-peers': { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.data === undefined) throw new Error('--data DIR is needed');
  const buffer = Number(values.buffer);
  if (!(Number.isInteger(buffer) && buffer >= 0))
    throw new Error(`--buffer is ${values.buffer}; a whole number of rows, 0 or more`);
  return {
    data: values.data,
    models: readModels(values.models),
    buffer,
    peers: !values['no-peers'],
    json: values.json,
  };
}

function readModels(given: string | undefined): readonly ModelKind[] {
  if (given === undefined) return MODEL_KINDS;
  return given.split(',').map((name) => {
    const kind = MODEL_KINDS.find((each) => each === name);
    if (kind === undefined) throw new Error(`no model is called ${name}; one of ${MODEL_KINDS.join(', ')}`);
    return kind;
  });
}

/** Progress, apart from the table. */
function say(line: string): void {
  console.error(line);
}
