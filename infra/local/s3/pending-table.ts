/** What a transaction has promised and nobody has done yet: events to send, files to remove. */
import type { DatabaseSync } from 'node:sqlite';

export interface PendingEvent {
  readonly sequence: number;
  readonly queueArn: string;
  readonly body: string;
}

export interface PendingTable {
  addEvent(queueArn: string, body: string): void;
  listEvents(limit: number, without: readonly string[]): PendingEvent[];
  deleteEvent(sequence: number): void;
  /** Files of deleted objects that may still stand, as `bucket/path`. */
  listRemovals(): string[];
  addRemoval(path: string): void;
  deleteRemoval(path: string): void;
}

export function openPendingTable(database: DatabaseSync): PendingTable {
  const sql = (text: string) => database.prepare(text);
  const statements = {
    addEvent: sql('INSERT INTO events (queue, body) VALUES (?, ?)'),
    events: sql(
      'SELECT * FROM events WHERE queue NOT IN (SELECT value FROM json_each(?)) ORDER BY sequence LIMIT ?',
    ),
    deleteEvent: sql('DELETE FROM events WHERE sequence = ?'),
    removals: sql('SELECT path FROM removals'),
    addRemoval: sql('INSERT OR REPLACE INTO removals VALUES (?)'),
    deleteRemoval: sql('DELETE FROM removals WHERE path = ?'),
  };
  return {
    addEvent: (queueArn, body) => void statements.addEvent.run(queueArn, body),
    listEvents: (limit, without) =>
      statements.events.all(JSON.stringify(without), limit).map((row) => ({
        sequence: Number(row.sequence),
        queueArn: String(row.queue),
        body: String(row.body),
      })),
    deleteEvent: (sequence) => void statements.deleteEvent.run(sequence),
    listRemovals: () => statements.removals.all().map((row) => String(row.path)),
    addRemoval: (path) => void statements.addRemoval.run(path),
    deleteRemoval: (path) => void statements.deleteRemoval.run(path),
  };
}
