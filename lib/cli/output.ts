/**
 * What a command prints. On a terminal: results on standard output, everything else on standard error, with a progress
 * bar where that is a terminal. With --json: one JSON object a line on standard output, told apart by `type`
 * (log, count, progress, alert, anomaly, detector, problem, error, result), the result last.
 */
import { SingleBar } from 'cli-progress';
import { correlationFields } from '../base/correlation.ts';
import { TidewatchError } from '../base/errors.ts';
import { toLines, toOneLine } from '../base/foreign-text.ts';
import type { Fields, Telemetry } from '../base/telemetry.ts';
import type { Host, OutputStream } from './host.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** One at a time. */
export interface Progress {
  /** @param done share of the work, 0 to 1 */
  update(done: number): void;
  stop(): void;
}

export interface Output {
  /** Log lines and counts of the jobs. */
  readonly telemetry: Telemetry;
  /** Objects that went to quarantine since the start. */
  quarantined(): number;
  /** A result: `text` for people, undefined for nothing; `type` and `fields` for programs. */
  print(type: string, text: string | undefined, fields: object): void;
  startProgress(label: string): Progress;
  error(error: unknown): void;
}

/** JSON progress lines come at every tenth. */
const PROGRESS_STEPS = 10;

export function createOutput(host: Host, options: OutputOptions): Output {
  return options.json ? createJsonOutput(host, options) : createTextOutput(host, options);
}

function createJsonOutput({ stdout }: Host, { verbose }: OutputOptions): Output {
  let quarantined = 0;
  const write = (type: string, fields: object): void => {
    stdout.write(`${JSON.stringify({ type, ...fields })}\n`);
  };
  const log =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      write('log', { level, message, ...correlationFields(), ...fields });
  return {
    telemetry: {
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      count(name, value, { detector }) {
        if (name === 'ObjectsQuarantined') quarantined += value;
        write('count', { name, value, detector });
      },
    },
    quarantined: () => quarantined,
    print: (type, _, fields) => write(type, fields),
    startProgress(label) {
      let told = -1;
      return {
        update(done) {
          const step = Math.floor(done * PROGRESS_STEPS);
          if (step === told) return;
          told = step;
          write('progress', { label, done: step / PROGRESS_STEPS });
        },
        stop: () => {},
      };
    },
    error: (error) => write('error', { ...describeError(error), ...(verbose && { stack: stackOf(error) }) }),
  };
}

function createTextOutput({ stdout, stderr, now }: Host, { verbose }: OutputOptions): Output {
  let quarantined = 0;
  const bar = stderr.isTTY ? createBar(stderr as NodeJS.WriteStream) : undefined;
  let shown: Shown | undefined;
  // A line goes where the bar was, and the bar below it.
  const write = (stream: OutputStream, line: string): void => {
    if (shown !== undefined) bar?.stop();
    // Names and messages come from whoever writes to the bucket, and a terminal would obey them.
    stream.write(`${toLines(line)}\n`);
    if (shown !== undefined) bar?.start(1, shown.done, { label: shown.label, left: sayLeft(shown) });
  };
  const log =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      write(stderr, `${level}: ${message}${formatFields(fields)}`);
  return {
    telemetry: {
      info: verbose ? log('info') : () => {},
      warn: log('warning'),
      error: log('error'),
      count(name, value) {
        if (name === 'ObjectsQuarantined') quarantined += value;
      },
    },
    quarantined: () => quarantined,
    print(_, text) {
      if (text !== undefined) write(stdout, text);
    },
    startProgress(label) {
      const own: Shown = { label, done: 0, elapsed: 0 };
      const startedAt = now();
      shown = own;
      bar?.start(1, 0, { label, left: '' });
      return {
        update(done) {
          own.done = done;
          own.elapsed = now() - startedAt;
          bar?.update(done, { left: sayLeft(own) });
        },
        stop() {
          if (shown === own) bar?.stop();
          shown = undefined;
        },
      };
    },
    error(error) {
      const { code, message } = describeError(error);
      // Ours has lines where it has a list to tell; a service may append a whole request.
      const told = error instanceof TidewatchError || verbose ? message : message.split('\n', 1)[0];
      write(stderr, `error: ${told} (${code})`);
      if (verbose) write(stderr, stackOf(error));
    },
  };
}

interface Shown {
  readonly label: string;
  /** 0 to 1. */
  done: number;
  /** Ms. */
  elapsed: number;
}

/** Empty while there is too little to go by. */
function sayLeft({ done, elapsed }: Shown): string {
  if (elapsed < 1_000 || done <= 0) return '';
  const seconds = Math.ceil(((elapsed / done) * (1 - done)) / 1_000);
  return seconds < 60
    ? `${seconds}s left`
    : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s left`;
}

/** Leaves the terminal's settings alone, so that there is nothing to restore when the process is interrupted. */
function createBar(stream: NodeJS.WriteStream): SingleBar {
  return new SingleBar({
    format: '{label} [{bar}] {percentage}% {left}',
    stream,
    barsize: 30,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
}

/** One line's worth: the code is stable, the message names the offending value. */
function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  // Node leaves the message of some connection errors empty and puts what happened into `errors`.
  const inner =
    error instanceof AggregateError ? error.errors.map((each) => describeError(each).message) : [];
  return { code, message: error.message || inner.join('; ') || code };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function formatFields(fields: Fields): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  return shown.length === 0
    ? ''
    : ` (${shown.map(([name, value]) => `${name}: ${toOneLine(String(value))}`).join(', ')})`;
}
