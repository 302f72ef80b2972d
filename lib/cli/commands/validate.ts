import { ManifestError } from '../../base/errors.ts';
import { readCheckedManifest } from '../check-manifest.ts';
import type { Command } from '../command.ts';
import { choiceValue } from '../option-values.ts';
import { readManifestFile } from '../read-manifest-file.ts';
import { readSourceNames, SOURCES_HELP } from '../source-list.ts';
import { UsageError } from '../usage-error.ts';

/** Checks manifests without a bucket or a network: all problems of every file, and whatever could not run. */
export const validate: Command = {
  name: 'validate',
  operands: 'FILE…',
  summary: 'check detector manifests; needs no bucket',
  optionsHelp: [
    [
      '--dialect NAME',
      'of the queries: promql, or other for a source with a language of its own,\nsuch as MetricsQL, which is not looked at; promql by default',
    ],
    SOURCES_HELP,
  ],
  examples: ['tidewatch validate detectors/*.yml'],
  options: { dialect: { type: 'string' }, sources: { type: 'string' } },
  async run(invocation) {
    const { operands, values, host, output } = invocation;
    const isPromql = choiceValue(values, 'dialect', ['promql', 'other']) !== 'other';
    const declared = new Map<string, string>();
    if (operands.length === 0) throw new UsageError('validate needs at least one FILE');
    const sources = await readSourceNames(invocation);
    let invalid = 0;
    for (const path of operands) {
      try {
        const text = await readManifestFile(host, path);
        const { name, metrics, source } = await readCheckedManifest(text, {
          source: path,
          isPromql,
          sources,
        });
        const other = declared.get(name);
        if (other !== undefined)
          throw new ManifestError('same-name', `${path}: declares the detector ${name}, as does ${other}`);
        declared.set(name, path);
        const unchecked =
          source === undefined || sources !== undefined
            ? ''
            : `; whether the deployment has the source ${JSON.stringify(source)} was not checked: give --sources`;
        const counted = metrics.length === 1 ? '1 metric' : `${metrics.length} metrics`;
        output.print('manifest', `${path}: ok, detector ${name} with ${counted}${unchecked}`, {
          file: path,
          valid: true,
          detector: name,
          metrics: metrics.length,
        });
      } catch (error) {
        if (!(error instanceof ManifestError)) throw error;
        invalid++;
        output.print('manifest', error.message, { file: path, valid: false, message: error.message });
      }
    }
    return invalid === 0 ? 'ok' : 'failed';
  },
};
