/** Reading of JSON that an artifact holds: what is not as expected is named. */
import { ArtifactError } from '../base/errors.ts';

export function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(`${what}: ${show(value)} is not an object`);
}

export function strings(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(`${what}: ${show(value)} is not a list of strings`);
}

/** @param length bytes */
export function bytes(value: unknown, length: number, what: string): Buffer {
  const decoded = Buffer.from(typeof value === 'string' ? value : '', 'base64');
  if (decoded.length !== length) throw invalid(`${what}: ${decoded.length} bytes, expected ${length}`);
  return decoded;
}

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}

export function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-features', message);
}
