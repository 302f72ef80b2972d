/**
 * What a service remembers: an append-only file of JSON lines. An entry is on disk before its request is answered,
 * so a kill at any moment loses nothing that was accepted and brings back nothing that was deleted. Requests that
 * wait for the disk at the same time share one fsync.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface JournalOptions<Entry> {
  readonly path: string;
  /** Which service wrote the file; a file of another one is refused. */
  readonly service: string;
  /** Called for every entry of the file, in order, before `openJournal` resolves. */
  readonly apply: (entry: Entry) => void;
  /** The present state as entries: what the file is rewritten to at start and when it has grown. */
  readonly snapshot: () => Iterable<Entry>;
  /** Bytes below which the file is never rewritten. */
  readonly compactAbove?: number;
}

export interface Journal<Entry> {
  /**
   * Resolves once the entries are on disk. The caller has applied them to its state in the same turn, so that a
   * snapshot always holds what was appended before it.
   * @throws JournalError, for this and every later call, once the disk has refused a write
   */
  append(entries: readonly Entry[]): Promise<void>;
  /** Waits for what was appended. */
  close(): Promise<void>;
}

class JournalError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'JournalError';
  }
}

const FORMAT = 1;
const NEWLINE = 0x0a;
const COMPACT_ABOVE = 4 * 1024 * 1024;
/** Bytes handed to one write call while a snapshot is written. */
const CHUNK = 1024 * 1024;

interface Waiting {
  readonly lines: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Replays the file, if there is one, and rewrites it without what is obsolete. A torn last line is ignored. */
export async function openJournal<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
  const floor = options.compactAbove ?? COMPACT_ABOVE;
  await mkdir(dirname(options.path), { recursive: true });
  await replay(options);
  let { file, size } = await rewrite(options);
  let compactAt = Math.max(floor, 2 * size);
  let waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let failure: JournalError | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await persist(batch.map((one) => one.lines).join(''));
        for (const one of batch) one.resolve();
      } catch (cause) {
        failure = new JournalError(`${options.path} cannot be written; restart once there is room`, {
          cause,
        });
        for (const one of [...batch, ...waiting.splice(0)]) one.reject(failure);
      }
    }
    draining = undefined;
  }

  async function persist(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    if (size + bytes.length > compactAt) {
      // The state already holds these entries: the snapshot stands in for them.
      const old = file;
      ({ file, size } = await rewrite(options));
      compactAt = Math.max(floor, 2 * size);
      await old.close();
      return;
    }
    await writeAll(file, bytes);
    await file.datasync();
    size += bytes.length;
  }

  return {
    append(entries) {
      if (failure) return Promise.reject(failure);
      if (entries.length === 0) return draining ?? Promise.resolve();
      const lines = entries.map(encodeLine).join('');
      const written = new Promise<void>((resolve, reject) => waiting.push({ lines, resolve, reject }));
      draining ??= drain();
      return written;
    },
    async close() {
      failure ??= new JournalError(`${options.path} is closed`);
      await draining;
      await file.close();
    },
  };
}

async function replay<Entry>({ path, service, apply }: JournalOptions<Entry>): Promise<void> {
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const value = parseLine(line, `${path}, line ${number}`);
    if (number === 1) checkHeader(value, service, path);
    else apply(value as Entry);
  }
}

/** Lines that end in a newline; what follows the last one was never acknowledged. */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        rest.push(chunk.subarray(from, end));
        yield Buffer.concat(rest).toString();
        rest = [];
        from = end + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new JournalError(`${where}: not JSON: ${line.slice(0, 80)}`, { cause });
  }
}

function checkHeader(header: unknown, service: string, path: string): void {
  const { journal, format } = header as { journal?: unknown; format?: unknown };
  if (journal !== service || format !== FORMAT)
    throw new JournalError(
      `${path} is a journal of ${journal} in format ${format}; expected ${service} in format ${FORMAT}`,
    );
}

/** Puts a snapshot in the file's place, in one step. */
async function rewrite<Entry>({ path, service, snapshot }: JournalOptions<Entry>): Promise<{
  file: FileHandle;
  size: number;
}> {
  // Taken in one turn: nothing may change between two of its entries.
  const chunks = [Buffer.from(encodeLine({ journal: service, format: FORMAT }))];
  let lines = '';
  for (const entry of snapshot()) {
    lines += encodeLine(entry);
    if (lines.length < CHUNK) continue;
    chunks.push(Buffer.from(lines));
    lines = '';
  }
  chunks.push(Buffer.from(lines));
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w');
  for (const chunk of chunks) await writeAll(file, chunk);
  await file.sync();
  await rename(fresh, path);
  await syncFolder(dirname(path));
  return { file, size: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}

/** A rename is on disk once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

function encodeLine(entry: unknown): string {
  return `${JSON.stringify(entry)}\n`;
}
