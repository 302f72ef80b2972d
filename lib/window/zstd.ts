/** Zstandard by Node itself, several times as fast as in WebAssembly. */
import zlib from 'node:zlib';

/** Of 1 to 3 the one with the smallest files of metrics, at the time of 1. */
const LEVEL = 2;

/** The same bytes give the same bytes, under one release of Node. */
export function compress(bytes: Uint8Array): Uint8Array {
  return zlib.zstdCompressSync(bytes, {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: bytes.length,
    // Room for all that comes out: Node makes a buffer of each chunk, and joins them.
    chunkSize: Math.max(MIN_CHUNK, bytes.length),
  });
}

/**
 * @param length of what comes out; what is longer is an error before it takes memory
 * @returns in memory of its own, from its first byte on
 * @throws Error where `bytes` are no Zstandard frame of that length
 */
export function decompress(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = zlib.zstdDecompressSync(bytes, {
    maxOutputLength: Math.max(1, length),
    // A byte more than comes out: Node makes a second buffer once the first is full.
    chunkSize: Math.max(MIN_CHUNK, length + 1),
  });
  if (out.length !== length) throw new RangeError(`a page of ${length} bytes holds ${out.length}`);
  return out.byteOffset === 0 && out.buffer instanceof ArrayBuffer
    ? new Uint8Array(out.buffer, 0, length)
    : new Uint8Array(out);
}

/** Of Node's buffers for what comes out. */
const MIN_CHUNK = 64;
