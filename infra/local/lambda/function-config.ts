import type { AwsCredentials } from '../iam/access.ts';
import type { ManualClock } from '../manual-clock.ts';
import type { FunctionLogLine } from './function-log.ts';

/** One function as the template declares it. */
export interface FunctionConfig {
  readonly name: string;
  readonly arn: string;
  /** The unzipped package. */
  readonly codeDir: string;
  /** `path/to/module.export` */
  readonly handler: string;
  readonly runtime: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Of its role. */
  readonly credentials: AwsCredentials;
  /** Most environments at once; undefined: the host's own limit. */
  readonly reservedConcurrency: number | undefined;
  readonly asynchronous: {
    /** Attempts after the first. */
    readonly maximumRetryAttempts: number;
    readonly maximumEventAgeSeconds: number;
  };
}

/** What every function runs on here. */
export interface LambdaHost {
  /** Where the functions' AWS clients go: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly region: string;
  /** One file per function, NAME.log. */
  readonly logDir: string;
  readonly onLog: (line: FunctionLogLine) => void;
  /** Environments of one function at once. */
  readonly maxConcurrency: number;
  /** Milliseconds after which a warm environment that has nothing to do is stopped. */
  readonly idleMs: number;
  /** What the functions take for the time of day; by default the machine's. */
  readonly clock?: Pick<ManualClock, 'now' | 'file'>;
}

/** What one invocation came to. */
export interface InvocationResult {
  readonly requestId: string;
  /** JSON, as the function returned it; with `functionError`, the error's description. */
  readonly payload: string;
  /** `Unhandled` where the function threw, ran out of time or died. */
  readonly functionError: 'Unhandled' | undefined;
  /** The last lines that it logged. */
  readonly logTail: string;
}
