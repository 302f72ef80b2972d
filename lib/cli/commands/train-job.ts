import { performance } from 'node:perf_hooks';
import { correlateTo } from '../../base/correlation.ts';
import { processMemoryMb } from '../../base/process-memory.ts';
import { readSettings } from '../../config/settings.ts';
import { loadDetector } from '../../jobs/shared/load-detectors.ts';
import { trainModel } from '../../jobs/train/train-model.ts';
import { beginJob, endJob } from '../../jobs/train/training-job.ts';
import { countStore } from '../../store/count-requests.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  openBucket,
  stringValue,
} from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** What a container of AWS Batch runs: the train function has asked for it by that name. */
export const trainJob: Command = {
  name: 'train-job',
  operands: 'DETECTOR',
  summary: 'train a detector as a job that the train function asked for',
  optionsHelp: [
    BUCKET_HELP,
    [
      '--job NAME',
      'as the bucket has it; where another one was asked for since, nothing is done.\nTIDEWATCH_SCORE_QUEUE_URL is asked for scoring afterwards, and AWS_BATCH_JOB_ID\ntells a job that was started again from a double of it',
    ],
  ],
  examples: ['tidewatch train-job checkout --job train-checkout-20261121T063000Z-1f2e3d4c-1 --json'],
  options: { ...BUCKET_OPTION, job: { type: 'string' } },
  async run(invocation) {
    const { operands, output, values, host } = invocation;
    const name = stringValue(values.job);
    if (name === undefined || operands.length !== 1)
      throw new UsageError('train-job takes one detector, and --job with the name of the job');
    const { scoreQueueUrl } = readSettings(host.env, ['scoreQueueUrl']);
    const began = performance.now();
    const counted = countStore(openBucket(invocation));
    const context = {
      ...createContext(invocation, counted),
      queue: {
        requestScoring: (detector: string) => host.openQueue(scoreQueueUrl).request(detector),
        // Nothing cuts this run short, so that none has to go on.
        requestTraining: async (): Promise<void> => {},
      },
    };
    const { store, now } = context;
    const status = await forEachDetector(invocation, operands, async (detector) => {
      const job = { detector, name };
      const id = host.env['AWS_BATCH_JOB_ID'] ?? name;
      const begun = await beginJob(store, { ...job, id });
      if (begun === undefined) {
        output.print('trained', `${detector}: nobody waits for the job ${name}`, {
          detector,
          outcome: 'unwanted',
        });
        return;
      }
      if (begun.correlationId !== undefined) correlateTo(begun.correlationId);
      try {
        const result = await trainModel(await loadDetector(context, detector), context);
        await endJob(store, job, { at: now(), reason: undefined });
        output.print('trained', `${detector}: ${result.outcome} ${result.version ?? ''}`.trimEnd(), {
          detector,
          ...result,
        });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        await endJob(store, job, { at: now(), reason });
        throw error;
      }
    });
    const memoryLimitMb = processMemoryMb(host.env);
    // As each run of a function ends.
    output.telemetry.info('run', {
      ...counted.counts,
      durationMs: Math.round(performance.now() - began),
      maxMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
      ...(memoryLimitMb !== undefined && { memoryLimitMb }),
    });
    return status;
  },
};
