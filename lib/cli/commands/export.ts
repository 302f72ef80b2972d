import { SettingError } from '../../base/errors.ts';
import { type ExportResult, exportWindows, isExportDue } from '../../jobs/export/export-windows.ts';
import { listDeclaredDetectors, loadDetector } from '../../jobs/shared/load-detectors.ts';
import { openSources } from '../../source/open-sources.ts';
import { readState } from '../../store/detector-states.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  type Invocation,
  openBucket,
  stringValue,
  textOptions,
} from '../command.ts';
import { readSources, SOURCES_HELP } from '../source-list.ts';
import { refuseShards } from '../units.ts';
import { UsageError } from '../usage-error.ts';

/** Named detectors are exported whether due or not; without a name, every declared one that is due. */
export const exportCommand: Command = {
  name: 'export',
  operands: '[DETECTOR…]',
  summary: 'write the windows since the last export from Prometheus to the bucket',
  optionsHelp: [
    BUCKET_HELP,
    [
      '--prometheus URL',
      'TIDEWATCH_PROMETHEUS_URL where it is not given; TIDEWATCH_PROMETHEUS_AUTH,\n_TOKEN, _USER, _PASSWORD and _HEADERS say how to sign in, _CA_FILE, _CERT_FILE\nand _KEY_FILE what to trust and to show, _CONCURRENCY how much to ask at a time',
    ],
    SOURCES_HELP,
    ['--max-windows N', 'stop after N windows of a detector'],
  ],
  examples: ['tidewatch export', 'tidewatch export checkout --prometheus http://localhost:9090'],
  options: {
    ...BUCKET_OPTION,
    ...textOptions('prometheus', 'sources', 'max-windows'),
  },
  async run(invocation) {
    const { operands, host, output } = invocation;
    const deployment = await readSources(invocation);
    const maxWindows = readMaxWindows(invocation);
    const context = createContext(invocation, openBucket(invocation));
    const { random, credentials, readFile } = host;
    const sources = openSources(deployment, { ...context, random, readSecret, readFile, credentials });
    refuseShards(operands, 'an export');
    const names = operands.length > 0 ? operands : await listDeclaredDetectors(context);
    if (names.length === 0) output.print('note', 'no manifests under detectors/ yet', { detectors: 0 });
    return forEachDetector(invocation, names, async (name) => {
      const loaded = await loadDetector(context, name);
      const { state } = await readState(context.store, name);
      if (operands.length === 0 && !isExportDue(loaded.detector, state, host.now())) {
        output.print('exported', `${name}: not due`, { detector: name, stopped: 'not-due' });
        return;
      }
      const source = await sources.sourceOf(loaded.detector);
      const result = await exportWindows({ ...loaded, source, ...maxWindows }, context);
      output.print('exported', `${name}: ${describe(result)}`, { detector: name, ...result });
    });
  },
};

function readMaxWindows({ values }: Invocation): { readonly maxWindows?: number } {
  const text = stringValue(values['max-windows']);
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--max-windows is ${JSON.stringify(text)}, not a whole number above 0`);
  return { maxWindows: Number(text) };
}

/** Secrets Manager is the functions' way; a terminal has the environment. */
async function readSecret(arn: string): Promise<string> {
  throw new SettingError(
    'secret-in-terminal',
    `the command line reads no secrets (${arn}): set TIDEWATCH_PROMETHEUS_TOKEN, or _USER and _PASSWORD, instead; in a list of sources, files (tokenFile, passwordFile, caFile, certFile, keyFile)`,
  );
}

function describe({ exported, kept, gaps, leftOut, exportedUntil, stopped }: ExportResult): string {
  const parts = [`${exported.length} windows up to ${new Date(exportedUntil).toISOString()}`];
  if (kept.length > 0) parts.push(`${kept.length} were there already`);
  if (gaps.length > 0) parts.push(`${gaps.length} gaps without data`);
  if (stopped !== 'up-to-date') parts.push('more to export: run it again');
  return [parts.join(', '), ...leftOut.map(({ message }) => `  left out: ${message}`)].join('\n');
}
