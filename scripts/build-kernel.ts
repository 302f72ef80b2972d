/**
 * `node scripts/build-kernel.ts`: compiles the network kernel from AssemblyScript, once with fused multiply-adds
 * (relaxed SIMD) and once without. The results are committed; a test compiles them again and compares the bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

/** 1 GiB: what the shared memory may grow to, in pages of 64 KiB. */
const MAX_PAGES = 16_384;

export const KERNEL_BUILDS = ['fused', 'plain'] as const;
export const KERNEL_FOLDER: string = path.join(import.meta.dirname, '../lib/nn/kernel');

if (process.argv[1] === import.meta.filename)
  for (const build of KERNEL_BUILDS)
    writeFileSync(path.join(KERNEL_FOLDER, `${build}.wasm`), await compileKernel(build));

/** @throws Error with the compiler's messages */
export async function compileKernel(build: (typeof KERNEL_BUILDS)[number]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const features = build === 'fused' ? ['simd', 'threads', 'relaxed-simd'] : ['simd', 'threads'];
  const { error, stderr } = await asc.main(
    [
      'source/index.ts',
      ...['--outFile', 'kernel.wasm', '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert'],
      // Below are the control block's addresses. Constants are written again by each thread's instance: the same ones.
      ...['--memoryBase', '1024'],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', String(MAX_PAGES)],
      ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      readFile: (name: string) => {
        try {
          return readFileSync(path.join(KERNEL_FOLDER, name), 'utf8');
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
