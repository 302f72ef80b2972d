/**
 * `node scripts/build-linalg-kernel.ts`: compiles lib/linalg/kernel/products.ts from AssemblyScript into
 * lib/linalg/products-kernel.ts, as text: it is small, and a bundle needs no file beside it. A test compiles it again
 * and compares the bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const FOLDER = path.join(import.meta.dirname, '../lib/linalg');
const LINE = 96;

if (process.argv[1] === import.meta.filename) {
  const text = Buffer.from(await compileProducts()).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  writeFileSync(
    path.join(FOLDER, 'products-kernel.ts'),
    `/** Made by scripts/build-linalg-kernel.ts from kernel/products.ts. */\nexport const PRODUCTS_KERNEL: string = [\n${lines
      .map((line) => `  '${line}',\n`)
      .join('')}].join('');\n`,
  );
}

/** @throws Error with the compiler's messages */
export async function compileProducts(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      ...['kernel/products.ts', '--outFile', 'kernel.wasm', '--runtime', 'stub', '--optimizeLevel', '3'],
      ...['--noAssert', '--importMemory', '--enable', 'simd'],
    ],
    {
      readFile: (name: string) => {
        try {
          return readFileSync(path.join(FOLDER, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_: string, contents: Uint8Array | string) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined)
    throw new Error(`the kernel does not compile:\n${stderr.toString()}`, { cause: error });
  return binary;
}
