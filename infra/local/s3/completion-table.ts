/** Answers to finished uploads, for whoever asks again because the first answer was lost. */
import type { DatabaseSync } from 'node:sqlite';

export interface Completion {
  readonly upload: string;
  readonly bucket: string;
  readonly key: string;
  /** Of the request's body: another list of parts is another request. */
  readonly digest: string;
  readonly answer: {
    readonly children: readonly string[];
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Epoch milliseconds. */
  readonly completed: number;
}

export interface CompletionTable {
  find(upload: string): Completion | undefined;
  /** Forgets those of long ago. */
  put(completion: Completion): void;
}

/** AWS names no time; a client that asks again does so within minutes. */
const KEPT_MS = 24 * 3_600_000;

export function openCompletionTable(database: DatabaseSync): CompletionTable {
  const find = database.prepare('SELECT * FROM completions WHERE upload = ?');
  const put = database.prepare('INSERT INTO completions VALUES (?, ?, ?, ?, ?, ?)');
  const forget = database.prepare('DELETE FROM completions WHERE completed < ?');
  return {
    find(upload) {
      const row = find.get(upload);
      if (row === undefined) return undefined;
      return {
        upload,
        bucket: String(row.bucket),
        key: Buffer.from(row.key as Uint8Array).toString(),
        digest: String(row.digest),
        answer: JSON.parse(String(row.answer)) as Completion['answer'],
        completed: Number(row.completed),
      };
    },
    put({ upload, bucket, key, digest, answer, completed }) {
      forget.run(completed - KEPT_MS);
      put.run(upload, bucket, Buffer.from(key), digest, JSON.stringify(answer), completed);
    },
  };
}
