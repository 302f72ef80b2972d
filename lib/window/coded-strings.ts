/** Strings by number: row → `values[codes[row]]`. */
export interface CodedStrings {
  readonly codes: Uint32Array;
  /** Distinct, in order of first appearance. Null reads as ''. */
  readonly values: readonly string[];
  /** First row that holds null; -1 where none does. */
  readonly firstNull: number;
}

/** Numbered anew by first appearance. @param codes into `dictionary`, in which a text may stand twice or for no row */
export function recodeStrings(dictionary: readonly string[], codes: Uint32Array): CodedStrings {
  const values: string[] = [];
  const codeOf = new Map<string, number>();
  const places = new Int32Array(dictionary.length).fill(-1);
  const recoded = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const from = codes[row]!;
    if (places[from] === -1) {
      const value = dictionary[from]!;
      const place = codeOf.get(value) ?? values.push(value) - 1;
      codeOf.set(value, place);
      places[from] = place;
    }
    recoded[row] = places[from]!;
  }
  return { codes: recoded, values, firstNull: -1 };
}
