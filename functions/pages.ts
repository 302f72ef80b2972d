/** Behind a function URL where `pages` is on: shows incidents to whoever has a link, and takes their answers. */
import type { Context, LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import { readSettings } from '../lib/config/settings.ts';
import { answerRequest } from '../lib/jobs/pages/answer-request.ts';
import { createLinkKeyCache } from '../lib/jobs/shared/link-keys.ts';
import { countStore } from '../lib/store/count-requests.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { inRun } from './in-run.ts';
import { readLinkKeys } from './read-link-keys.ts';
import { createTelemetry } from './telemetry.ts';

const settings = readSettings(process.env, ['bucket', 'pagesKeyArn', 'service', 'detectorMetrics']);
const telemetry = createTelemetry(settings);
const context = {
  store: countStore(createS3ObjectStore({ client: createS3Client(), bucket: settings.bucket })),
  keys: createLinkKeyCache({ read: () => readLinkKeys(settings.pagesKeyArn), now: Date.now }),
  telemetry,
  now: Date.now,
};

export function handler(
  event: LambdaFunctionURLEvent,
  invocation: Context,
): Promise<LambdaFunctionURLResult> {
  return inRun(invocation, context, () => work(event));
}

async function work(event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> {
  const { method, sourceIp, userAgent } = event.requestContext.http;
  try {
    const { status, headers, body } = await answerRequest(
      {
        method,
        path: event.rawPath,
        query: event.rawQueryString,
        contentType: event.headers['content-type'] ?? '',
        body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
        sourceIp,
        userAgent,
      },
      context,
    );
    return { statusCode: status, headers, body };
  } catch (error) {
    telemetry.error('request failed', { error: String(error) });
    throw error;
  }
}
