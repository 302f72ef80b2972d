import { createHash } from 'node:crypto';
import { WindowError } from '../base/errors.ts';

/** Strings by number: row → `values[codes[row]]`. */
export interface CodedStrings {
  readonly codes: Uint32Array;
  /** Distinct, in order of first appearance. Null reads as ''. */
  readonly values: readonly string[];
  /** First row that holds null; -1 where none does. */
  readonly firstNull: number;
}

/** Numbers texts by first appearance. */
export interface StringCoder {
  readonly values: string[];
  codeFor(text: string): number;
}

/** Where texts stand, and how many different ones may: more cost memory before anybody counts them. */
export interface CodedColumn {
  readonly source: string;
  readonly name: string;
  readonly mostValues: number;
}

/** Of longer strings, V8's hash is their length: a map of many compares each with every other. */
const LONGEST_KEY = 4_096;

/** @throws WindowError `too-large` where a text is one more than `column.mostValues` */
export function createStringCoder(column?: CodedColumn): StringCoder {
  const values: string[] = [];
  const codeOf = new Map<string, number>();
  return {
    values,
    codeFor(text) {
      const key = text.length > LONGEST_KEY ? createHash('sha256').update(text).digest('base64') : text;
      const known = codeOf.get(key);
      if (known !== undefined) return known;
      if (column !== undefined && values.length >= column.mostValues) throw tooManyValues(column);
      const code = values.push(text) - 1;
      codeOf.set(key, code);
      return code;
    },
  };
}

function tooManyValues({ source, name, mostValues }: CodedColumn): WindowError {
  return new WindowError(
    'too-large',
    `${source} has more than ${mostValues} entities in ${name}, and the limit is ${mostValues}`,
  );
}

/** Numbered anew by first appearance. @param codes into `dictionary`, in which a text may stand twice or for no row */
export function recodeStrings(dictionary: readonly string[], codes: Uint32Array): CodedStrings {
  const coder = createStringCoder();
  const places = new Int32Array(dictionary.length).fill(-1);
  const recoded = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const from = codes[row]!;
    if (places[from] === -1) places[from] = coder.codeFor(dictionary[from]!);
    recoded[row] = places[from]!;
  }
  return { codes: recoded, values: coder.values, firstNull: -1 };
}
