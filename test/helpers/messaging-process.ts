/** Queues and topics in a process of their own, for tests that kill it: `messaging-process.ts FOLDER SKEW_MS`. */
import { join } from 'node:path';
import { createTopics } from '../../infra/local/sns/sns.ts';
import { createQueues } from '../../infra/local/sqs/sqs.ts';
import { startServiceServer } from './service-server.ts';

const dataDir = process.argv[2] ?? '';
const skew = Number(process.argv[3]);
const now = (): number => Date.now() + skew;
const shared = { dataDir, region: 'us-east-1', now, origin: () => server.origin, log: () => {} };
const queues = await createQueues(shared);
const topics = await createTopics({ ...shared, queues, outboxDir: join(dataDir, 'outbox') });
const server = await startServiceServer((request) =>
  (request.headers.authorization ?? '').includes('/sqs/') ? queues : topics,
);
console.log(server.origin);
