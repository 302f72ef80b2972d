/** What the three batch operations share. */
import { AwsError } from '../contract.ts';
import { queryCodeOf, sqsError } from './errors.ts';
import { type Input, recordList, requireString } from './input.ts';

const MAX_BATCH = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

export interface BatchEntry {
  readonly id: string;
  readonly entry: Input;
}

/** @throws for a batch that is refused as a whole; `what` names its entries in the messages */
export function checkBatch(input: Input, what: string): readonly BatchEntry[] {
  const entries = recordList(input, 'Entries').map((entry) => ({ id: requireString(entry, 'Id'), entry }));
  if (entries.length === 0)
    throw sqsError('EmptyBatchRequest', `There should be at least one ${what} in the request.`);
  if (entries.length > MAX_BATCH)
    throw sqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${entries.length}.`,
    );
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (!ENTRY_ID.test(id))
      throw sqsError(
        'InvalidBatchEntryId',
        `A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long: '${id}'`,
      );
    if (seen.has(id)) throw sqsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    seen.add(id);
  }
  return entries;
}

/** One entry's error, in its place in the answer. @throws what is no error of the entry */
export function failedEntry(id: string, error: unknown): Record<string, string | boolean> {
  if (!(error instanceof AwsError) || error.status >= 500) throw error;
  return { Id: id, SenderFault: true, Code: queryCodeOf(error.code), Message: error.message };
}
