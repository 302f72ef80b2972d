import { stat } from 'node:fs/promises';
import { ModelError, TidewatchError } from '../../base/errors.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Detector } from '../../config/detector.ts';
import { SCALER_KINDS } from '../../config/feature-settings.ts';
import { KINDS_BY_STEPS, learnsBySteps, MODEL_KINDS } from '../../config/model-kind.ts';
import { defaultPercentile, percentOfShare, rowsForPercentile } from '../../config/percentile.ts';
import { fitWindow } from '../../jobs/offline/fit-window.ts';
import { heldOutFields, sayHeldOut } from '../../jobs/offline/render-evaluation.ts';
import { getModel } from '../../models/registry.ts';
import { exportVersion } from '../../store/model-folder.ts';
import { type Command, type Invocation, stringValue, textOptions } from '../command.ts';
import { readData } from '../data-file.ts';
import { MANIFEST_HELP, readFileDetector } from '../file-detector.ts';
import { sayFileProblem } from '../file-problem.ts';
import { choiceValue, numberValue, requiredText, wholeValue } from '../option-values.ts';
import { UsageError } from '../usage-error.ts';

/** Options that are parameters of some models, and what those call them. */
const MODEL_OPTIONS = {
  'sequence-length': 'sequenceLength',
  'batch-size': 'batchSize',
  epochs: 'epochs',
} as const;

const DEFAULT_TEST_SIZE = 0.2;

export const fit: Command = {
  name: 'fit',
  operands: '',
  summary: 'fit a model on a file and write it into a folder; needs no bucket',
  optionsHelp: [
    ['--data PATH', '.parquet or .csv, or a folder of them'],
    [
      '--model KIND',
      `${MODEL_KINDS.slice(0, 8).join(', ')},\n${MODEL_KINDS.slice(8).join(', ')};\nthat of the manifest by default, without one ${DEFAULTS.modelKind}`,
    ],
    ['--output-dir DIR', 'where the version goes: model.json, weights.bin, …, report.html'],
    ['--scaler KIND', `${SCALER_KINDS.join(', ')}`],
    [
      '--threshold-percentile P',
      'of the training scores, in percent, from which a row is anomalous: 99.9, networks 95',
    ],
    ['--test-size SHARE', `newest rows held out to judge the model, 0 to below 1: ${DEFAULT_TEST_SIZE}`],
    ['--seed N', 'the same data, options and seed give the same bytes: 1'],
    ['--sequence-length N, --batch-size N, --epochs N', 'for models that have them'],
    ['--fine-tune DIR', 'folder of an earlier fit of the same kind and columns, to go on from'],
    MANIFEST_HELP,
  ],
  examples: [
    'tidewatch fit --data metrics.parquet --output-dir model_artifacts',
    'tidewatch fit --data metrics.csv --model isolation-forest --output-dir m --scaler minmax --test-size 0.3',
  ],
  options: {
    ...textOptions(
      'data',
      'model',
      'output-dir',
      'scaler',
      'threshold-percentile',
      'test-size',
      'seed',
      'sequence-length',
      'batch-size',
      'epochs',
      'fine-tune',
      'manifest',
    ),
  },
  async run(invocation) {
    const { values, output } = invocation;
    refuseOperands(invocation, 'fit');
    const data = requiredText(values, 'data', 'fit');
    const folder = requiredText(values, 'output-dir', 'fit');
    await refuseFile(folder);
    const settings = await readFileDetector(invocation, data);
    const detector = await applyOptions(settings.detector, values);
    const startFolder = startFolderOf(detector, values);
    const testShare =
      numberValue(values, 'test-size', {
        accepts: (share) => share >= 0 && share < 1,
        say: 'a share from 0 to below 1',
      }) ?? DEFAULT_TEST_SIZE;
    const window = await readData(data, {
      detector: detector.name,
      step: detector.step,
      telemetry: output.telemetry,
    });
    const progress = output.startProgress(`fitting ${detector.model.kind}`);
    const { manifest, heldOut, bucket } = await fitWindow(
      {
        detector,
        manifestText: settings.text,
        window,
        source: data,
        testShare,
        startFolder,
        onProgress: progress.update,
      },
      output.telemetry,
    ).finally(progress.stop);
    await exportVersion(bucket.store, manifest, folder).catch((cause: unknown) => {
      throw new TidewatchError('not-written', `${folder} cannot be written: ${sayFileProblem(cause)}`, {
        cause,
      });
    });
    const told =
      heldOut === undefined
        ? 'nothing was held out (--test-size 0), so nothing says how good it is'
        : sayHeldOut(heldOut);
    const { version, rows, entities, policy, lineage } = manifest;
    output.print(
      'fitted',
      `${manifest.kind} ${version}: ${rows} rows of ${entities} ${entities === 1 ? 'entity' : 'entities'}, threshold ${policy.threshold.toPrecision(4)}, in ${folder}\n\n${told}`,
      {
        detector: manifest.detector,
        model: manifest.kind,
        version,
        rows,
        entities,
        threshold: policy.threshold,
        fineTunedFrom: lineage ?? null,
        folder,
        files: [...Object.keys(manifest.files), 'manifest.json'].sort(),
        heldOut: heldOut === undefined ? null : heldOutFields(heldOut),
      },
    );
    return 'ok';
  },
};

/** Before minutes are spent on a fit. @throws UsageError where a file has the name of the folder to write */
async function refuseFile(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found !== undefined && !found.isDirectory())
    throw new UsageError(`--output-dir is ${JSON.stringify(folder)}, which is a file, not a folder`);
}

/** @throws UsageError where the model is of a kind that cannot go on from another */
function startFolderOf({ model }: Detector, values: Invocation['values']): string | undefined {
  const folder = stringValue(values['fine-tune']);
  if (folder === undefined || learnsBySteps(model.kind)) return folder;
  throw new UsageError(
    `--fine-tune does not go with ${model.kind}, which is not trained by steps; kinds that are: ${KINDS_BY_STEPS.join(', ')}`,
  );
}

export function refuseOperands({ operands }: Invocation, command: string): void {
  if (operands.length > 0)
    throw new UsageError(
      `${command} takes no operand, and was given ${JSON.stringify(operands[0])}; see tidewatch ${command} --help`,
    );
}

async function applyOptions(detector: Detector, values: Invocation['values']): Promise<Detector> {
  const kind = choiceValue(values, 'model', MODEL_KINDS) ?? detector.model.kind;
  const asked = askedPercentile(values);
  const { threshold } = detector;
  // What a manifest leaves to the kind follows the kind that is asked for.
  const isDefault = threshold.percentile === defaultPercentile(detector.model.kind);
  const percentile = asked ?? (isDefault ? defaultPercentile(kind) : threshold.percentile);
  const own = kind === detector.model.kind ? detector.model.params : {};
  const model = {
    kind,
    seed: wholeValue(values, 'seed', 0, 2 ** 32 - 1) ?? detector.model.seed,
    params: { ...own, ...(await modelParams(kind, values)) },
  };
  (await getModel(kind)).parseParams(model.params);
  rowsForPercentile(percentile);
  return {
    ...detector,
    model,
    scaler: choiceValue(values, 'scaler', SCALER_KINDS) ?? detector.scaler,
    // Whoever asks for a percentile asks for the rule that it belongs to, with that rule's own defaults.
    threshold: {
      ...threshold,
      percentile,
      ...(asked !== undefined &&
        threshold.rule === 'evidence' && {
          rule: 'percentile' as const,
          ...(threshold.resolveAfter === DEFAULTS.resolveAfterEvidence && {
            resolveAfter: DEFAULTS.resolveAfter,
          }),
        }),
    },
  };
}

/** @throws UsageError for what is none; a share such as 0.99 would make every row anomalous */
function askedPercentile(values: Invocation['values']): number | undefined {
  const asked = numberValue(values, 'threshold-percentile', {
    accepts: (value) => value > 0 && value < 100,
    say: 'a percentile above 0 and below 100',
  });
  const meant = percentOfShare(asked);
  if (meant === undefined) return asked;
  throw new UsageError(
    `--threshold-percentile is ${asked}; percentiles are in percent: did you mean ${meant}?`,
  );
}

/** @throws UsageError naming the option and the model that does not have it */
async function modelParams(
  kind: Detector['model']['kind'],
  values: Invocation['values'],
): Promise<Record<string, number>> {
  const model = await getModel(kind);
  const params: Record<string, number> = {};
  for (const [option, param] of Object.entries(MODEL_OPTIONS)) {
    const value = wholeValue(values, option, 1);
    if (value === undefined) continue;
    try {
      model.parseParams({ [param]: value });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      throw new UsageError(`--${option} ${value} does not go with ${kind}: ${error.message}`);
    }
    params[param] = value;
  }
  return params;
}
