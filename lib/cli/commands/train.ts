import type { Detector } from '../../config/detector.ts';
import { sayProgress } from '../../config/warmup.ts';
import { loadDetector } from '../../jobs/shared/load-detectors.ts';
import { type TrainResult, trainIfDue, trainModel } from '../../jobs/train/train-model.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  openBucket,
} from '../command.ts';
import { chooseDetectors } from '../detectors.ts';
import { listUnitsOf } from '../units.ts';

/** Named detectors are trained whether due or not; without a name, every detector that is due. */
export const train: Command = {
  name: 'train',
  operands: '[DETECTOR…]',
  summary: 'fit models on the windows in the bucket and make them current',
  optionsHelp: [BUCKET_HELP],
  examples: ['tidewatch train', 'tidewatch train checkout --bucket my-metrics'],
  options: BUCKET_OPTION,
  async run(invocation) {
    const { operands, output } = invocation;
    // Scoring is asked of the deployment by its own events; here it is the next command. A terminal's run is never cut
    // short, so that none has to go on.
    const queue = {
      requestScoring: async (): Promise<void> => {},
      requestTraining: async (): Promise<void> => {},
    };
    const context = { ...createContext(invocation, openBucket(invocation)), queue };
    const names = await chooseDetectors(context, operands);
    if (names.length === 0) output.print('note', 'no detectors in this bucket yet', { detectors: 0 });
    return forEachDetector(invocation, await listUnitsOf(context.store, names), async (name) => {
      const loaded = await loadDetector(context, name);
      const progress = output.startProgress(`training ${name}`);
      const result = await (operands.length > 0 ? trainModel : trainIfDue)(
        loaded,
        context,
        progress.update,
      ).finally(progress.stop);
      const text = result === undefined ? 'not due' : describe(result, loaded.detector);
      output.print('trained', `${name}: ${text}`, { detector: name, ...(result ?? { outcome: 'not-due' }) });
    });
  },
};

function describe(
  { outcome, version, rows, span, entities, leftOut = 0 }: TrainResult,
  detector: Detector,
): string {
  switch (outcome) {
    case 'learning':
      return `learning, ${sayProgress(detector, { rows, span })}`;
    case 'unchanged':
      return `unchanged, ${version} was made from the same windows and answers`;
    case 'paused':
      return `${version} is not done; run it again to go on`;
    case 'under-way':
      return `another run is making ${version}`;
    case 'set-aside':
      return 'set aside, since it ended two runs from outside';
    case 'submitted':
      return 'is trained as a job';
    case 'beyond':
      return 'fits nowhere';
    case 'in-shards':
      return 'each of its shards has a model of its own';
    case 'trained':
      return `trained ${version} on ${rows} rows of ${entities} ${entities === 1 ? 'entity' : 'entities'}${leftOut === 0 ? '' : `; ${leftOut} rows are left out`}`;
  }
}
