/** One byte range of a GET (RFC 9110, 14.1.2). */
import { S3Error } from './errors.ts';

export interface ByteRange {
  /** Inclusive. */
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/**
 * The range that a Range header asks of `size` bytes; undefined where the header is absent, or is not a single range
 * of bytes: the whole object is the answer then.
 * @throws S3Error InvalidRange where no byte of it exists
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const from = match[1] === '' ? undefined : Number(match[1]);
  const to = match[2] === '' ? undefined : Number(match[2]);
  if (from !== undefined && to !== undefined && to < from) return undefined;
  const start = from ?? Math.max(0, size - (to ?? 0));
  const end = from === undefined ? size - 1 : Math.min(to ?? size - 1, size - 1);
  if (start <= end) return { start, end };
  throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
    RangeRequested: header ?? '',
    ActualObjectSize: String(size),
  });
}
