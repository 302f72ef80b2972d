/** Ids that S3 makes up: of versions and of uploads. */
import { randomBytes } from 'node:crypto';

/** The version of what was written while the bucket gave no ids. */
export const NULL_VERSION = 'null';

const VERSION_ID = /^[A-Za-z0-9._]{32}$/;
/** Bytes of the sequence at the start of a version id. */
const SEQUENCE_SIZE = 6;

/** 32 letters of S3's own alphabet: none is a dash, which command lines would take for an option. */
export function makeId(): string {
  return encode(randomBytes(24));
}

/** Holds the version's sequence, so that a listing goes on behind it even when it is gone meanwhile. */
export function makeVersionId(sequence: number): string {
  const bytes = randomBytes(24);
  bytes.writeUIntBE(sequence, 0, SEQUENCE_SIZE);
  return encode(bytes);
}

export function isVersionId(text: string): boolean {
  return text === NULL_VERSION || VERSION_ID.test(text);
}

/** Of an id of makeVersionId. */
export function sequenceOf(versionId: string): number {
  return Buffer.from(versionId.replaceAll('.', '-'), 'base64url').readUIntBE(0, SEQUENCE_SIZE);
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64url').replaceAll('-', '.');
}
