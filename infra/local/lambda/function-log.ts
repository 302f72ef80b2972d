import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface FunctionLogLine {
  readonly functionName: string;
  /** Undefined while the environment starts. */
  readonly requestId: string | undefined;
  readonly text: string;
}

/** What a function writes, in one file, line by line. */
export interface FunctionLog {
  write(text: string, requestId: string | undefined): void;
  /** At most 4 kB of the newest lines of a request, as `LogType: Tail` gives them. */
  tail(requestId: string): string;
  close(): Promise<void>;
}

const TAIL_BYTES = 4096;
/** Lines kept in memory for tails. */
const KEPT_LINES = 500;

export function openFunctionLog(options: {
  readonly dir: string;
  readonly functionName: string;
  readonly onLine: (line: FunctionLogLine) => void;
}): FunctionLog {
  mkdirSync(options.dir, { recursive: true });
  const file = createWriteStream(join(options.dir, `${options.functionName}.log`), { flags: 'a' });
  let kept: { requestId: string | undefined; text: string }[] = [];

  return {
    write(text, requestId) {
      file.write(`${text}\n`);
      kept.push({ requestId, text });
      if (kept.length > KEPT_LINES * 2) kept = kept.slice(-KEPT_LINES);
      options.onLine({ functionName: options.functionName, requestId, text });
    },
    tail(requestId) {
      const lines = kept.filter((line) => line.requestId === requestId).map((line) => line.text);
      return Buffer.from(`${lines.join('\n')}\n`)
        .subarray(-TAIL_BYTES)
        .toString();
    },
    close: () => new Promise((resolve) => file.end(resolve)),
  };
}
