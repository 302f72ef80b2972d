import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_SIZES,
  type ChecksumAlgorithm,
  createChecksum,
} from '../../../../../infra/local/auth/checksum.ts';

/** Of the ASCII digits 1 to 9: the check values of the CRC catalogue (reveng.sourceforge.io), and of FIPS 180's hashes. */
const CHECK_VALUES: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
};

for (const algorithm of CHECKSUM_ALGORITHMS) {
  test(`${algorithm} of the check string`, () => {
    assert.equal(digest(algorithm, [Buffer.from('123456789')]).toString('hex'), CHECK_VALUES[algorithm]);
  });

  test(`${algorithm} is the same however the bytes are cut`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const whole = digest(algorithm, [Buffer.concat(pieces)]);
        assert.deepEqual(digest(algorithm, pieces), whole);
        assert.equal(whole.length, CHECKSUM_SIZES[algorithm]);
      }),
    );
  });
}

function digest(algorithm: ChecksumAlgorithm, pieces: readonly Uint8Array[]): Buffer {
  const checksum = createChecksum(algorithm);
  for (const piece of pieces) checksum.update(piece);
  return checksum.digest();
}
