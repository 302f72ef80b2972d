/** One page of a listing: entries, and prefixes up to the delimiter that stand for all of theirs. */

export interface PageRules {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  readonly maxKeys: number;
}

/** What follows the key `from`, by UTF-8 bytes, and of that key itself what ranks below `below`. */
export interface Position {
  readonly from: Buffer;
  readonly below: number;
}

export interface PageOptions<T> extends PageRules {
  readonly start: Position;
  /** Ascending by key, descending by rank. */
  readonly scan: (from: Buffer, below: number, limit: number) => readonly T[];
  /** Among the entries of one key. */
  readonly rankOf: (entry: T) => number;
}

export interface Page<T> {
  readonly entries: readonly T[];
  readonly prefixes: readonly string[];
  /** The last entry or prefix of the page, where more follow. */
  readonly next: T | string | undefined;
}

/** No UTF-8 text holds this byte: a prefix with it follows every key of the prefix. */
const ABOVE = Buffer.from([0xff]);
/** All of a key. */
export const ANY_RANK: number = Number.MAX_SAFE_INTEGER;

/** Where a page starts that follows the key `after`, but for what ranks below `below` there. Empty: at the start. */
export function startAfter(
  after: string,
  below: number,
  { prefix, delimiter }: Pick<PageRules, 'prefix' | 'delimiter'>,
): Position {
  const first = Buffer.from(prefix);
  const resume = Buffer.from(after);
  if (after === '' || Buffer.compare(resume, first) < 0) return { from: first, below: ANY_RANK };
  // A prefix counts by its own text, so one that holds `after` was listed before it.
  const common = commonPrefix(after, prefix, delimiter);
  return common === undefined ? { from: resume, below } : skip(common);
}

export function collectPage<T extends { readonly key: string }>(options: PageOptions<T>): Page<T> {
  const { prefix, delimiter, maxKeys, start, scan, rankOf } = options;
  const entries: T[] = [];
  const prefixes: string[] = [];
  if (maxKeys === 0) return { entries, prefixes, next: undefined };
  let last: T | string = '';
  let position = start;
  for (;;) {
    const wanted = maxKeys - entries.length - prefixes.length + 1;
    const found = scan(position.from, position.below, wanted);
    let skipped = false;
    for (const entry of found) {
      if (!entry.key.startsWith(prefix)) return { entries, prefixes, next: undefined };
      if (entries.length + prefixes.length === maxKeys) return { entries, prefixes, next: last };
      const common = commonPrefix(entry.key, prefix, delimiter);
      last = common ?? entry;
      if (common === undefined) {
        entries.push(entry);
        position = { from: Buffer.from(entry.key), below: rankOf(entry) };
      } else {
        prefixes.push(common);
        position = skip(common);
        skipped = true;
        break;
      }
    }
    if (!skipped && found.length < wanted) return { entries, prefixes, next: undefined };
  }
}

function skip(common: string): Position {
  return { from: Buffer.concat([Buffer.from(common), ABOVE]), below: 0 };
}

/** The key up to the first delimiter after the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
