/**
 * How large a dropped table may be. Checked on the footer before anything is decoded, and again on what was decoded. What bounds memory
 * follows that of the process; what does not is bounded for another reason, which stands beside it.
 */
import { WindowError } from '../base/errors.ts';
import { type MemoryEnvironment, sayMoreMemory, shareOfMemory } from '../base/process-memory.ts';

export interface WindowLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes of all column chunks once decompressed, as the footer states them. */
  readonly uncompressedBytes: number;
  /** Bytes of a gzipped CSV file once unpacked. */
  readonly textBytes: number;
  /** Rows of one file. */
  readonly rows: number;
  /** Rows × columns of one file; as doubles they take 8 bytes each. */
  readonly values: number;
  /** Entities × cells that a grid may have. */
  readonly gridRows: number;
  /** Pages of 64 KiB that the Parquet decoder may ever hold. What a lying footer hides from the checks above ends here. */
  readonly decoderPages: number;
  /** Pages above which a decoder is dropped after use: WebAssembly memory never shrinks by itself. */
  readonly keptDecoderPages: number;
}

/** MB of the score function as it is deployed, which reads every file first. */
const ASSUMED_MB = 1_769;
const MIB = 2 ** 20;
/** In that memory. */
const LIMITS: WindowLimits = {
  fileBytes: 256 * MIB,
  uncompressedBytes: 768 * MIB,
  // As many as `values`, of 13 characters. Beside the file and the columns read from it, that is what such a function holds.
  textBytes: 512 * MIB,
  // 100 entities at a step of 60 s over 30 days are 4.3 million.
  rows: 5_000_000,
  values: 40_000_000,
  gridRows: 20_000_000,
  // A file with what it becomes.
  decoderPages: 16_384,
  keptDecoderPages: 4_096,
};
/** What no memory raises further. */
const MOST: Partial<WindowLimits> = {
  // WebAssembly has 4 GiB, in which a file lies with what it becomes.
  fileBytes: 1024 * MIB,
  uncompressedBytes: 3072 * MIB,
  decoderPages: 65_536,
  keptDecoderPages: 16_384,
  // As many times as the others.
  textBytes: 2048 * MIB,
  // Times of text are told apart by a Map of V8, which has room for so many.
  rows: 16_000_000,
};
/** To whole ones of these, for people. */
const UNITS: WindowLimits = {
  fileBytes: MIB,
  uncompressedBytes: MIB,
  textBytes: MIB,
  rows: 1_000,
  values: 1_000,
  gridRows: 1_000,
  decoderPages: 1,
  keptDecoderPages: 1,
};

/** Columns of one file: their number is time, of checks, features and charts, more than memory. */
export const MAX_COLUMNS = 2_000;
/** Bytes of a Parquet footer: 40,000 column chunks with their statistics take 8 MB. It is parsed before anything is known of the file. */
export const MAX_FOOTER_BYTES: number = 16 * MIB;
/** Distinct entities of one window: the detector's state has each of them, and is read and written with every window. */
export const MAX_ENTITIES = 50_000;

/**
 * By the memory of this process.
 * @param env another one, such as that of a function which is planned
 * @throws SettingError `bad-memory`
 */
export function windowLimits(env?: MemoryEnvironment): WindowLimits {
  const share = shareOfMemory(ASSUMED_MB, env);
  const names = Object.keys(LIMITS) as (keyof WindowLimits)[];
  const entries = names.map((name) => {
    const held = Math.floor((LIMITS[name] * share) / UNITS[name]) * UNITS[name];
    return [name, Math.min(held, MOST[name] ?? Infinity)];
  });
  return Object.fromEntries(entries) as Record<keyof WindowLimits, number>;
}

/** Of a function with so much memory. */
export function limitsOfFunction(memoryMb: number): WindowLimits {
  return windowLimits({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb) });
}

/** @param what is more than there may be, such as `5000001 rows` */
export function tooLarge(source: string, what: string, name: keyof WindowLimits): WindowError {
  const limit = windowLimits()[name];
  const hint = limit === MOST[name] ? ', whatever the memory' : sayMoreMemory();
  return new WindowError('too-large', `${source} has ${what}, and the limit is ${limit}${hint}`);
}
