/** The table of zip sizes in docs/benchmarks.md: what each function weighs, packaged as it is deployed. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { placePart } from './place-part.ts';

const PART = { name: 'zip sizes', script: 'make-zip-docs.ts' };
/** What fits: beyond, a function starts too slowly. test/e2e/package.test.ts holds the zips to it. */
export const MOST_ZIP_BYTES = 5_000_000;

/** Bytes by function. */
export type ZipSizes = ReadonlyMap<string, number>;

/** @param folder that `packageService` gave */
export async function readZipSizes(folder: string): Promise<ZipSizes> {
  const zips = (await readdir(folder)).filter((file) => file.endsWith('.zip')).sort();
  const sizes = zips.map(
    async (file) => [file.replace('.zip', ''), (await stat(join(folder, file))).size] as const,
  );
  return new Map(await Promise.all(sizes));
}

/** `text` with these sizes. @throws Error where a mark is missing */
export function placeZipSizes(text: string, sizes: ZipSizes): string {
  const rows = [...sizes].map(([name, size]) => `| \`${name}\` | ${(size / 1e6).toFixed(2)} MB |`);
  return placePart(text, PART, ['| function | zip |', '| --- | --- |', ...rows].join('\n'));
}

/** What `text` says, in bytes. */
export function readPlacedSizes(text: string): ZipSizes {
  const rows = text.matchAll(/^\| `(\w+)` \| ([\d.]+) MB \|$/gm);
  return new Map([...rows].map(([, name, size]) => [name!, Number(size) * 1e6]));
}
