/** The emulator: every service behind one port, on one folder. */
import { mkdirSync } from 'node:fs';
import type { Buckets, EmulatorOptions, Queues, Service } from './contract.ts';
import { createBuckets } from './s3/buckets.ts';
import { startServer } from './server.ts';
import { createSts } from './sts.ts';

export interface Emulator {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  readonly buckets: Buckets;
  /** Serves one more service: requests whose credential scope has that name. */
  mount(name: string, service: Service): void;
  /** Takes no more requests, lets those under way finish, and closes every service. */
  close(): Promise<void>;
}

export type StartOptions = EmulatorOptions & {
  /** The clock that signatures are held against, epoch milliseconds: the clients' own, so the wall clock unless given. */
  readonly signatureClock?: () => number;
  /** Stands in for the emulator's own queues. */
  readonly queues?: Pick<Queues, 'send'>;
};

/** @throws Error where the port is taken, or another emulator uses the folder */
export async function startEmulator(options: StartOptions): Promise<Emulator> {
  const { dataDir, region, log, signatureClock = Date.now } = options;
  mkdirSync(dataDir, { recursive: true });
  const queues = options.queues ?? { send: async () => Promise.reject(new Error('no queues')) };
  const buckets = createBuckets({ ...options, queues });
  const server = await startServer({ port: options.port, region, log, signatureClock });
  server.mount('s3', buckets);
  server.mount('sts', createSts());
  return {
    url: server.url,
    region,
    buckets,
    mount: server.mount,
    async close() {
      await server.close();
      await buckets.close();
    },
  };
}
