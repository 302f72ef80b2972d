import { formatDuration, parseDuration } from '../../base/duration.ts';
import { TidewatchError } from '../../base/errors.ts';
import { formatIncidents } from '../../simulate/incident.ts';
import { formatOpenMetrics } from '../../simulate/openmetrics.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../../simulate/scenarios.ts';
import { type SimulateOptions, simulate } from '../../simulate/simulate.ts';
import { parseIsoTime } from '../../window/iso-time.ts';
import { writeWindow } from '../../window/write-window.ts';
import type { Command, Invocation } from '../command.ts';
import { stringValue, textOptions } from '../command.ts';
import { choiceValue, durationValue, requiredText, wholeValue } from '../option-values.ts';
import { formatTable } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { writeNamedFile } from '../write-file.ts';

/** A Thursday: what happens on the last day of two weeks happens on a weekday. Fixed, so that a seed says it all. */
const START = '2026-01-01T00:00:00Z';
const DEFAULTS = { seed: 1, days: 14, services: 3, step: '1m' } as const;

export const simulateCommand: Command = {
  name: 'simulate',
  operands: '',
  summary: 'write made-up telemetry with a known incident into a file; needs no bucket',
  optionsHelp: [
    ['--scenario NAME', 'what happens in the last days; list shows them all'],
    ['--out FILE.parquet', 'the data: one row per service and step'],
    ['--openmetrics FILE', 'the same as OpenMetrics text, for promtool tsdb create-blocks-from openmetrics'],
    ['--labels', 'with a column label: 1 in the rows of an incident, which no model learns from'],
    ['--incidents FILE', 'when each incident was: JSON, or CSV where the name ends in .csv'],
    ['--seed N', `the same options give the same bytes: ${DEFAULTS.seed}`],
    ['--days N', `${DEFAULTS.days}; one incident a week, one at least`],
    ['--services N', `${DEFAULTS.services}`],
    ['--step DURATION', `${DEFAULTS.step}`],
    ['--start TIME', `ISO 8601: ${START}`],
  ],
  examples: [
    'tidewatch simulate --scenario list',
    'tidewatch simulate --scenario slow-exfiltration --out shop.parquet --labels --incidents shop.csv',
    'tidewatch simulate --scenario cascading-failure --out c.parquet --openmetrics c.om --days 7 --seed 42',
  ],
  options: {
    ...textOptions(
      'scenario',
      'out',
      'openmetrics',
      'incidents',
      'seed',
      'days',
      'services',
      'step',
      'start',
    ),
    labels: { type: 'boolean' },
  },
  async run(invocation) {
    const { operands, values, output } = invocation;
    if (operands.length > 0)
      throw new UsageError(
        `simulate takes no operands, and has ${operands.join(' ')}; the file is --out FILE`,
      );
    if (values.scenario === 'list') return listScenarios(invocation);
    const options = readOptions(values);
    const out = requiredText(values, 'out', 'simulate');
    if (!out.endsWith('.parquet'))
      throw new UsageError(`--out is ${JSON.stringify(out)}, not a name that ends in .parquet`);
    const { window, incidents } = runSimulation(options);
    const written = values.labels === true ? window : { ...window, labels: undefined };
    await writeNamedFile(out, writeWindow(written, { manifestHash: 'simulated' }));
    const openMetrics = stringValue(values.openmetrics);
    if (openMetrics !== undefined) await writeNamedFile(openMetrics, formatOpenMetrics(window));
    const list = stringValue(values.incidents);
    if (list !== undefined)
      await writeNamedFile(list, formatIncidents(incidents, list.endsWith('.csv') ? 'csv' : 'json'));

    const { range, step, entities, metrics, times } = window;
    const [from, to] = [iso(range.start), iso(range.end)];
    output.print(
      'simulated',
      `${out}: ${times.length} rows of ${entities.length} services and ${metrics.length} metrics, every ${formatDuration(step)} from ${from} up to ${to}`,
      {
        file: out,
        rows: times.length,
        services: entities,
        metrics,
        step,
        start: from,
        end: to,
        seed: options.seed,
      },
    );
    for (const { scenario, entity, start, end } of incidents)
      output.print('incident', `${scenario}: ${entity} from ${iso(start)} up to ${iso(end)}`, {
        scenario,
        entity,
        start: iso(start),
        end: iso(end),
      });
    return 'ok';
  },
};

function listScenarios({ output }: Invocation): 'ok' {
  const rows = SCENARIO_NAMES.map((name) => [name, SCENARIOS[name].summary]);
  output.print('scenarios', formatTable(rows), { scenarios: Object.fromEntries(rows) });
  return 'ok';
}

function readOptions(values: Invocation['values']): SimulateOptions {
  requiredText(values, 'scenario', 'simulate');
  const given = stringValue(values.start) ?? START;
  const start = parseIsoTime(given);
  if (start === undefined)
    throw new UsageError(`--start is ${JSON.stringify(given)}, not an ISO 8601 time such as ${START}`);
  return {
    scenario: choiceValue(values, 'scenario', SCENARIO_NAMES) ?? 'none',
    seed: wholeValue(values, 'seed', 0, 2 ** 32 - 1) ?? DEFAULTS.seed,
    days: wholeValue(values, 'days', 1) ?? DEFAULTS.days,
    services: wholeValue(values, 'services', 1) ?? DEFAULTS.services,
    step: durationValue(values, 'step') ?? parseDuration(DEFAULTS.step),
    start,
  };
}

/** What is out of range is the caller's to put right. */
function runSimulation(options: SimulateOptions): ReturnType<typeof simulate> {
  try {
    return simulate(options);
  } catch (error) {
    if (error instanceof TidewatchError && error.code === 'bad-simulation')
      throw new UsageError(error.message);
    throw error;
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
