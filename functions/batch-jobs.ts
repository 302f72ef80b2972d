/**
 * Jobs of AWS Batch that train one detector each. One operation is asked for, so that it is signed and sent here: the client of
 * the SDK would make the function's zip larger by more than this whole file (docs/decisions/0031).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { BatchSetting } from '../lib/config/batch-setting.ts';
import type { TrainingJobs } from '../lib/jobs/shared/context.ts';
import type { AwsCredentials } from '../lib/source/prometheus-endpoint.ts';

export interface BatchHost {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** As the SDK's clients have them: AWS_ENDPOINT_URL_BATCH before AWS_ENDPOINT_URL. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Ms before each further attempt, of what a later one may do: throttled, or nobody answered. */
const PAUSES: readonly number[] = [500, 2_000];
/** Ms. */
const TIMEOUT = 10_000;
const SERVICE = 'batch';
/** Characters of an answer that a message shows. */
const SHOWN = 300;

export function createBatchJobs(setting: BatchSetting, host: BatchHost): TrainingJobs {
  const { queue, definition, room } = setting;
  const endpoint =
    host.env['AWS_ENDPOINT_URL_BATCH'] ??
    host.env['AWS_ENDPOINT_URL'] ??
    `https://batch.${host.region}.amazonaws.com`;
  const url = new URL('/v1/submitjob', endpoint);
  return {
    room,
    async submit({ name, detector }) {
      const body = JSON.stringify({
        jobName: name,
        jobQueue: queue,
        jobDefinition: definition,
        // The definition's command has them in its words.
        parameters: { detector, job: name },
      });
      const { status, text } = await sendPatiently(url, body, host);
      if (status !== 200)
        throw new Error(`AWS Batch refused the job ${name} with ${status}: ${text.slice(0, SHOWN)}`);
      const id = (JSON.parse(text) as { readonly jobId?: unknown }).jobId;
      if (typeof id !== 'string')
        throw new Error(`AWS Batch gave no id for the job ${name}: ${text.slice(0, SHOWN)}`);
      return { id };
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function sendPatiently(url: URL, body: string, host: BatchHost): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const pause = PAUSES[attempt];
    try {
      const answer = await send(url, body, host);
      if (pause === undefined || (answer.status < 500 && answer.status !== 429)) return answer;
    } catch (error) {
      if (pause === undefined) throw error;
    }
    await sleep(pause);
  }
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html */
async function send(url: URL, body: string, { region, credentials }: BatchHost): Promise<Answer> {
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials: await credentials(),
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  // Node sets it itself, from the same URL.
  const { host: _, ...sent } = headers;
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await fetch(url, { method: 'POST', headers: sent, body, signal });
  return { status: response.status, text: await response.text() };
}
