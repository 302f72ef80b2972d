/**
 * An emulator in a process of its own, to be killed: `node emulator-child.ts DATA_DIR EVENTS_FILE`. Prints its URL.
 * The buckets' events go to EVENTS_FILE, a line each, after a pause in which a kill finds them on their way.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../../infra/local/emulator.ts';

const [dataDir = '', eventsFile = ''] = process.argv.slice(2);
const events = openSync(eventsFile, 'a');

const emulator = await startEmulator({
  port: 0,
  dataDir,
  region: 'us-east-1',
  now: Date.now,
  log: () => {},
  eventQueues: {
    async send(_arn, body) {
      await sleep(5);
      writeSync(events, `${body}\n`);
      return { messageId: 'message' };
    },
  },
});
console.log(emulator.url);
