/** Every artifact in test/fixtures/models/ loads and scores as when it was written, however old its format. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { learnsBySteps, MODEL_KINDS } from '../../lib/config/model-kind.ts';
import type { ModelState, TypedArray } from '../../lib/models/framework/contract.ts';
import { getModel } from '../../lib/models/registry.ts';
import { NO_DEADLINE, toMatrix } from '../helpers/feature-matrices.ts';

interface Artifact {
  readonly state: Omit<ModelState, 'arrays'>;
  readonly arrays: readonly { readonly name: string; readonly type: string; readonly base64: string }[];
  readonly names: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
  readonly scores: readonly (number | null)[];
}

const ARRAY_TYPES: Readonly<Record<string, new (bytes: ArrayBuffer) => TypedArray>> = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
};

const folder = new URL('../fixtures/models/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

for (const file of files) {
  test(`${file} scores as when it was written`, async () => {
    const artifact: Artifact = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const model = await getModel(artifact.state.kind);
    const fitted = await model.load(readState(artifact));
    const table = artifact.rows.map((row) => row.map((value) => value ?? NaN));
    const scores = await fitted.score(toMatrix(table, artifact.names));
    for (const [row, score] of scores.entries()) {
      const expected = artifact.scores[row] ?? NaN;
      // Networks are evaluated in single precision: a faster kernel may give other last digits.
      const tolerance = (learnsBySteps(artifact.state.kind) ? 1e-5 : 1e-12) * Math.max(1, Math.abs(expected));
      assert.ok(
        Object.is(score, expected) || Math.abs(score - expected) < tolerance,
        `row ${row}: ${score}, not ${expected}`,
      );
    }
  });
}

for (const kind of MODEL_KINDS) {
  test(`the format that ${kind} writes today has an artifact on file`, async () => {
    const model = await getModel(kind);
    const x = toMatrix(Array.from({ length: 600 }, (_, row) => [Math.sin(row / 9), Math.cos(row / 7)]));
    const fitted = await model.fit(x, model.parseParams({}), { seed: 1, deadline: NO_DEADLINE });
    const name = `${kind}.v${fitted.save().formatVersion}.json`;
    assert.ok(files.includes(name), `${name} is none of ${files.join(', ')}`);
  });
}

function readState({ state, arrays }: Artifact): ModelState {
  const entries = arrays.map(({ name, type, base64 }) => {
    const bytes = Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
    return [name, new ARRAY_TYPES[type]!(bytes)] as const;
  });
  return { ...state, arrays: Object.fromEntries(entries) };
}
