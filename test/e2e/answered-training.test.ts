/** What people said of data and incidents reaches a training through the packaged function, with the rights of its role. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ModelManifest } from '../../lib/store/model-manifest.ts';
import { createAnomaly } from '../helpers/alerts.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { MINUTE, shopParquet, T0 } from '../helpers/shop-parquet.ts';

let stack: LocalStack;

before(async () => {
  stack = await startLocalStack();
});
after(() => stack?.close());

const at = (minute: number): string => new Date(T0 + minute * MINUTE).toISOString();
const idOf = (minute: number): string => `${at(minute).slice(0, 19).replaceAll(/[-:]/g, '')}Z-aaaaaaaaaaaa`;

it('a training leaves out what was excluded, confirmed or never answered, and says so', async () => {
  await stack.put('windows/detector=shop/history.parquet', await shopParquet({ from: 0, to: 800 }));
  await stack.idle();
  const [member, alone] = [idOf(100), idOf(200)];
  for (const [id, from] of [
    [member, 100],
    [alone, 200],
  ] as const)
    await stack.put(`anomalies/detector=shop/${id}.json`, JSON.stringify(anomaly(id, from)));
  const incidentId = idOf(90);
  await stack.put(`incidents/${incidentId}.json`, JSON.stringify(incident(incidentId, member)));
  const verdict = { formatVersion: 1, id: incidentId, verdict: 'true', at: at(0) };
  await stack.put(`feedback/${incidentId}.json`, JSON.stringify(verdict));
  await stack.put('exclusions/test.yml', `matchers: [entity = cart]\nfrom: ${at(300)}\nuntil: ${at(330)}\n`);
  await stack.s3.send(
    new PutObjectCommand({
      Bucket: stack.bucket,
      Key: 'exclusions/bad.yml',
      Body: 'from: never',
      Tagging: 'team=shop',
    }),
  );

  const { FunctionError } = await stack.lambda.send(
    new InvokeCommand({
      FunctionName: 'tidewatch-dev-train',
      Payload: JSON.stringify({ detector: 'shop' }),
    }),
  );
  assert.equal(FunctionError, undefined);
  await stack.idle();
  const { version } = await stack.getJson<{ version: string }>('models/detector=shop/current.json');
  const { leftOut } = await stack.getJson<ModelManifest>(
    `models/detector=shop/version=${version}/manifest.json`,
  );
  assert.deepEqual(leftOut?.rows, { confirmed: 20, excluded: 30, unanswered: 20 });
  assert.ok((await stack.keys('quarantine/exclusions/')).includes('quarantine/exclusions/bad.yml'));
});

/** Ten minutes of payment. */
function anomaly(anomalyId: string, from: number): object {
  const [start, end] = [at(from), at(from + 10)];
  const described = createAnomaly({ anomalyId, state: 'resolved', entity: 'payment', start, end });
  return {
    formatVersion: 1,
    anomalyId,
    detector: 'shop',
    entity: 'payment',
    state: 'resolved',
    start,
    end,
    changes: [{ sequence: 1, anomaly: described }],
  };
}

function incident(incidentId: string, anomalyId: string): object {
  const object = `anomalies/detector=shop/${anomalyId}.json`;
  const [start, end] = [at(100), at(110)];
  const of = { detector: 'shop', entity: 'payment', workload: 'payment' };
  const member = { ...of, anomalyId, state: 'resolved', start, end, summary: 'cpu', object };
  return { formatVersion: 1, incidentId, severity: 'warning', members: [member], changes: [] };
}
