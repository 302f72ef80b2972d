/**
 * `node scripts/build-linalg-kernel.ts`: compiles the kernels of lib/maths/linalg/kernel from AssemblyScript into text, in
 * lib/maths/linalg/…-kernel.ts: they are small, and a bundle needs no file beside it. A test compiles them again and compares
 * the bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

/** Per text its source, and whether it is built with fused multiply-adds (relaxed SIMD). */
const LINALG_KERNELS = {
  products: { source: 'products.ts', isFused: false },
  columns: { source: 'columns.ts', isFused: false },
  'rows-fused': { source: 'rows/index.ts', isFused: true },
  'rows-plain': { source: 'rows/index.ts', isFused: false },
} as const;
export type LinalgKernel = keyof typeof LINALG_KERNELS;

const FOLDER = path.join(import.meta.dirname, '../lib/maths/linalg');
const LINE = 96;

if (process.argv[1] === import.meta.filename)
  for (const name of Object.keys(LINALG_KERNELS) as LinalgKernel[]) {
    const text = Buffer.from(await compileLinalg(name)).toString('base64');
    const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
    const constant = `${name.replaceAll('-', '_').toUpperCase()}_KERNEL`;
    writeFileSync(
      path.join(FOLDER, `${name}-kernel.ts`),
      `/** Made by scripts/build-linalg-kernel.ts from kernel/${LINALG_KERNELS[name].source}. */\nexport const ${constant}: string = [\n${lines
        .map((line) => `  '${line}',\n`)
        .join('')}].join('');\n`,
    );
  }

/** @throws Error with the compiler's messages */
export async function compileLinalg(name: LinalgKernel): Promise<Uint8Array> {
  const { source, isFused } = LINALG_KERNELS[name];
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      ...[`kernel/${source}`, '--outFile', 'kernel.wasm', '--runtime', 'stub', '--optimizeLevel', '3'],
      ...['--noAssert', '--importMemory', '--enable', 'simd'],
      ...(isFused ? ['--enable', 'relaxed-simd'] : []),
    ],
    {
      readFile: (file: string) => {
        try {
          return readFileSync(path.join(FOLDER, file), 'utf8');
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
    throw new Error(`the kernel ${name} does not compile:\n${stderr.toString()}`, { cause: error });
  return binary;
}
