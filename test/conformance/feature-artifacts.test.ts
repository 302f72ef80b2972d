/** Every state in test/fixtures/features/ loads and scales as when it was written, however old its format. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildMatrix } from '../../lib/features/build-matrix.ts';
import { FEATURE_STATE_VERSION, loadFeatures } from '../../lib/features/feature-state.ts';

interface Artifact {
  readonly planHash: string;
  readonly state: { readonly formatVersion: number };
  readonly window: {
    readonly entities: readonly string[];
    readonly metrics: readonly string[];
    readonly columns: readonly (readonly (number | null)[])[];
  };
  readonly values: readonly (number | null)[];
}

const MINUTE = 60_000;
const folder = new URL('../fixtures/features/', import.meta.url);
const files = readdirSync(folder);

for (const file of files) {
  test(`${file} scales as when it was written`, () => {
    const artifact: Artifact = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const { plan, scaler, planHash } = loadFeatures(artifact.state);
    // The version's manifest holds the hash of the plan as it was stored.
    assert.equal(planHash, artifact.planHash);
    const { entities, metrics } = artifact.window;
    const columns = artifact.window.columns.map((column) =>
      Float64Array.from(column, (value) => value ?? NaN),
    );
    const total = columns[0]!.length;
    const rows = total / entities.length;
    const window = {
      detector: 'shop',
      range: { start: 0, end: rows * MINUTE },
      step: MINUTE,
      metrics,
      entities,
      entityOf: Uint32Array.from({ length: total }, (_, i) => Math.floor(i / rows)),
      times: Float64Array.from({ length: total }, (_, i) => (i % rows) * MINUTE),
      columns,
      labels: undefined,
    };
    const availability = Float64Array.from({ length: total }, (_, row) => (row % 7 === 6 ? 0.5 : 1));
    const { values } = buildMatrix({ window, availability, plan, scaler });
    assert.equal(values.length, artifact.values.length);
    for (const [i, value] of values.entries()) {
      const expected = artifact.values[i] ?? NaN;
      const allowed = 1e-6 * Math.max(1, Math.abs(expected));
      assert.ok(Object.is(value, expected) || Math.abs(value - expected) <= allowed, `${i}: ${value}`);
    }
  });
}

test('the format that is written today has a state on file', () => {
  assert.deepEqual(
    files.toSorted(),
    Array.from({ length: FEATURE_STATE_VERSION }, (_, i) => `features.v${i + 1}.json`),
  );
});
