/** The emulator in a process of its own, for tests that kill it: `messaging-process.ts FOLDER SKEW_MS`. */
import { startEmulator } from '../../infra/local/emulator.ts';

const [dataDir = '', skew] = process.argv.slice(2);
const now = (): number => Date.now() + Number(skew);
const emulator = await startEmulator({ port: 0, dataDir, region: 'eu-central-1', now, log: () => {} });
console.log(emulator.url);
