/** Records of many series, end to end. */

export interface PackedRecords {
  /** Record i = records[offsets[i]] up to records[offsets[i + 1]]. */
  readonly offsets: Uint32Array;
  readonly records: Float32Array | Float64Array;
}

export function packRecords(
  list: readonly ArrayLike<number>[],
  type: typeof Float32Array | typeof Float64Array,
): PackedRecords {
  const offsets = new Uint32Array(list.length + 1);
  for (const [i, record] of list.entries()) offsets[i + 1] = offsets[i]! + record.length;
  const records = new type(offsets.at(-1)!);
  for (const [i, record] of list.entries()) records.set(record, offsets[i]!);
  return { offsets, records };
}

export function takeRecord({ offsets, records }: PackedRecords, index: number): Float32Array | Float64Array {
  return records.subarray(offsets[index]!, offsets[index + 1]!);
}

export function unpackRecords(packed: PackedRecords): readonly (Float32Array | Float64Array)[] {
  return Array.from({ length: packed.offsets.length - 1 }, (_, i) => takeRecord(packed, i));
}
