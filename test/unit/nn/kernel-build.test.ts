import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CONTROL_BYTES, RESERVED_BYTES } from '../../../lib/nn/kernel/layout.ts';
import { instantiate, loadModule, makeMemory, PAGE_BYTES } from '../../../lib/nn/load-kernel.ts';
import { compileKernel, KERNEL_BUILDS, KERNEL_FOLDER } from '../../../scripts/build-kernel.ts';

for (const build of KERNEL_BUILDS) {
  test(`the committed ${build} kernel is what its source compiles to`, async () => {
    const committed = readFileSync(path.join(KERNEL_FOLDER, `${build}.wasm`));
    assert.ok(committed.equals(await compileKernel(build)), 'run `node scripts/build-kernel.ts`');
  });

  test(`the ${build} kernel's constants lie in their place`, () => {
    const memory = makeMemory(PAGE_BYTES);
    const control = new Uint8Array(memory.buffer, 0, CONTROL_BYTES).fill(0xa5);
    const kernel = instantiate(loadModule(build), memory);
    assert.ok(control.every((byte) => byte === 0xa5));
    assert.ok(kernel.heapBase() > CONTROL_BYTES && kernel.heapBase() <= RESERVED_BYTES);
  });
}

test('the plain kernel rounds twice', () => {
  assert.equal(instantiate(loadModule('plain'), makeMemory(PAGE_BYTES)).isFused(), 0);
});
