/** Numbers of the parts of an upload. */
import { S3Error } from './errors.ts';

export const MAX_PARTS = 10_000;

/** @throws S3Error InvalidArgument */
export function readPartNumber(value: string | null): number {
  const number = Number(value);
  if (value !== null && /^\d+$/.test(value) && number >= 1 && number <= MAX_PARTS) return number;
  throw new S3Error(
    'InvalidArgument',
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive, not ${JSON.stringify(value)}`,
  );
}
