/**
 * What models of single metrics cost: values (one metric of one entity at one time) fitted and scored a second, bytes a
 * series takes in the artifact, and the whole fleet of the aim, measured and not extrapolated: 1,000 entities × 16 metrics
 * × 14 days at 5 min within a function of 15 min and 3 GB. Each runs in a process of its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchRow } from './bench-row.ts';
import type { Fleet } from './univariate/matrix.ts';
import type { RunRequest, RunResult } from './univariate/run.ts';

const run = promisify(execFile);
const FIVE_MINUTES = 300_000;
const FLEET: Fleet = { entities: 1000, metrics: 16, days: 14, step: FIVE_MINUTES };
/** The default, and the cheap one that knows each series by itself. */
const FLEET_KINDS = ['auto', 'seasonal'] as const;
const LIMIT = { seconds: 900, megabytes: 3000 };

/** As many series as take seconds; their rates are per value, and costs are linear. */
const SAMPLES: readonly RunRequest[] = [
  { kind: 'seasonal', fleet: { ...FLEET, entities: 20 } },
  { kind: 'prophet', fleet: { ...FLEET, entities: 1, metrics: 4 } },
  { kind: 'arima', fleet: { ...FLEET, entities: 1, metrics: 4 } },
];

export async function benchUnivariate(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const request of SAMPLES) {
    const { entities, metrics } = request.fleet;
    const result = await runApart(request);
    rows.push(...describeRates(request, result), {
      what: `${request.kind}: artifact per series`,
      ours: result.state / 1000 / ((entities + 1) * metrics),
      unit: 'kB',
    });
  }
  for (const kind of FLEET_KINDS) rows.push(...(await benchFleet(kind)));
  return rows;
}

function describeRates({ kind, fleet }: RunRequest, { fit, score }: RunResult): readonly BenchRow[] {
  const values = countValues(fleet);
  const of = `of one metric, ${(fleet.entities * fleet.metrics).toLocaleString('en')} series × ${fleet.days} d`;
  return [
    { what: `${kind}: fit rows ${of}`, ours: values / fit, unit: 'rows/s' },
    { what: `${kind}: score rows ${of}`, ours: values / score, unit: 'rows/s' },
  ];
}

/** The whole of it, on one thread. */
async function benchFleet(kind: RunRequest['kind']): Promise<readonly BenchRow[]> {
  const { fit, score, state, peak } = await runApart({ kind, fleet: FLEET });
  const what = `${kind}: ${FLEET.entities.toLocaleString('en')} entities × ${FLEET.metrics} metrics × ${FLEET.days} d at 5 min`;
  return [
    { what: `${what}, fit`, ours: fit, unit: 's', aim: { atMost: LIMIT.seconds } },
    { what: `${what}, score`, ours: score, unit: 's' },
    {
      what: `${what}, process at its largest`,
      ours: peak / 1e6,
      unit: 'MB',
      aim: { atMost: LIMIT.megabytes },
    },
    { what: `${what}, artifact`, ours: state / 1e6, unit: 'MB' },
  ];
}

function countValues({ entities, metrics, days, step }: Fleet): number {
  return (entities * metrics * days * 86_400_000) / step;
}

async function runApart(request: RunRequest): Promise<RunResult> {
  const script = fileURLToPath(new URL('univariate/run.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [script, JSON.stringify(request)], { encoding: 'utf8' });
  return JSON.parse(stdout) as RunResult;
}
