/** How large a dropped table may be. Checked on the footer before anything is decoded, and again on what was decoded. */

/** Bytes of one Parquet file. */
export const MAX_FILE_BYTES: number = 256 * 2 ** 20;
/** Bytes of a Parquet footer: 40,000 column chunks with their statistics take 8 MB. */
export const MAX_FOOTER_BYTES: number = 16 * 2 ** 20;
/** Rows of one file: 100 entities at a step of 60 s over 30 days are 4.3 million. */
export const MAX_ROWS = 5_000_000;
/** Leaf columns of one file. */
export const MAX_COLUMNS = 2_000;
/** Rows × columns of one file; as doubles they take 8 bytes each. */
export const MAX_VALUES = 40_000_000;
/** Bytes of all column chunks once decompressed, as the footer states them. */
export const MAX_UNCOMPRESSED_BYTES: number = 768 * 2 ** 20;
/**
 * Bytes of a gzipped CSV file once unpacked: MAX_VALUES cells of 13 characters. Beside the file and the columns read from it,
 * that is what a function of 1,769 MB holds.
 */
export const MAX_TEXT_BYTES: number = 512 * 2 ** 20;
/** Distinct entities of one window. */
export const MAX_ENTITIES = 50_000;
/** Entities × cells that a grid may have. */
export const MAX_GRID_ROWS = 20_000_000;
/**
 * 64 KiB pages that the Parquet decoder may ever hold (1 GiB). What a lying footer hides from the checks above ends here.
 */
export const MAX_DECODER_PAGES = 16_384;
/** Pages (256 MiB) above which a decoder is dropped after use: WebAssembly memory never shrinks by itself. */
export const KEPT_DECODER_PAGES = 4_096;
