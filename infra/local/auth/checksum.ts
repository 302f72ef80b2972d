/**
 * The checksums that S3 accepts for a payload, computed as the bytes stream by.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** By the names that S3 uses in `x-amz-checksum-algorithm`. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

export interface Checksum {
  update(chunk: Uint8Array): void;
  /** Big-endian bytes. Call it once, after the last update. */
  digest(): Buffer;
}

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
];

/** Bytes of a digest. */
export const CHECKSUM_SIZES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** Castagnoli's polynomial, reflected (RFC 3720, B.4). */
const CRC32C_TABLE = makeTable32(0x82f63b78);
/** 0xad93d23594c93659 reflected (NVM Express NVM Command Set 1.0, 5.2.1.3.4), in two halves of 32 bits. */
const CRC64_TABLE = makeTable64(0x9a6c9329, 0xac4bc9b5);

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The algorithm that a header or trailer of that (lower-case) name carries; undefined for any other name. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === name);
}

/** The algorithm of that name in any case; undefined where S3 has none. */
export function parseChecksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case 'CRC32':
      return createCrc32();
    case 'CRC32C':
      return createCrc32c();
    case 'CRC64NVME':
      return createCrc64();
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
    }
  }
}

function createCrc32(): Checksum {
  let crc = 0;
  return {
    update(chunk) {
      crc = crc32(chunk, crc);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes;
    },
  };
}

function createCrc32c(): Checksum {
  let crc = -1;
  return {
    update(chunk) {
      for (let i = 0; i < chunk.length; i++) crc = (crc >>> 8) ^ CRC32C_TABLE[(crc ^ chunk[i]!) & 0xff]!;
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(~crc);
      return bytes;
    },
  };
}

function createCrc64(): Checksum {
  let high = -1;
  let low = -1;
  return {
    update(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        const entry = ((low ^ chunk[i]!) & 0xff) * 2;
        low = ((low >>> 8) | (high << 24)) ^ CRC64_TABLE[entry + 1]!;
        high = (high >>> 8) ^ CRC64_TABLE[entry]!;
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(~high, 0);
      bytes.writeInt32BE(~low, 4);
      return bytes;
    },
  };
}

function makeTable32(polynomial: number): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}

/** Entry `2 i` is the high half for byte `i`, `2 i + 1` the low one. */
function makeTable64(polynomialHigh: number, polynomialLow: number): Int32Array {
  const table = new Int32Array(512);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        low ^= polynomialLow;
        high ^= polynomialHigh;
      }
    }
    table[byte * 2] = high;
    table[byte * 2 + 1] = low;
  }
  return table;
}
