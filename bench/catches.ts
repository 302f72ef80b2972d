/**
 * `npm run bench -- catches`: which kind of model catches which kind of anomaly on a single metric. Every kind is
 * fitted at its defaults by the product's own job on three normal weeks (5 min a row), and scores six weeks with two
 * anomalous days each. Per week: the best F1 over all thresholds, by rows, and VUS-PR; means over the seeds.
 */
import { formatTable } from '../lib/cli/table.ts';
import { MODEL_KINDS, type ModelKind } from '../lib/config/model-kind.ts';
import { findBestF1 } from '../lib/maths/metrics/best-f1.ts';
import { DEFAULT_MAX_BUFFER, volumeUnderSurface } from '../lib/maths/metrics/volume-under-surface.ts';
import { ANOMALIES, type Anomaly, simulateWeeks } from './catches/weeks.ts';
import { runDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

const SEEDS = [1, 2, 3];

interface Catch {
  readonly kind: ModelKind;
  readonly anomaly: Anomaly;
  readonly f1: number;
  readonly vusPr: number;
}

export const reportCatches: Study = async (_, say) => {
  const catches: Catch[] = [];
  for (const kind of MODEL_KINDS)
    for (const seed of SEEDS) {
      say(`${kind}, seed ${seed} …`);
      catches.push(...(await measureKind(kind, seed)));
    }
  const text = [
    renderCatches(catches, 'f1', `Best F1 by rows, mean over ${SEEDS.length} seeds`),
    renderCatches(catches, 'vusPr', `VUS-PR, buffers of 0 to ${DEFAULT_MAX_BUFFER} rows`),
    Object.entries(ANOMALIES)
      .map(([name, meaning]) => `${name}: ${meaning}`)
      .join('\n'),
  ].join('\n\n');
  return { text, figures: catches };
};

async function measureKind(kind: ModelKind, seed: number): Promise<readonly Catch[]> {
  const { train, test, weeks } = simulateWeeks(seed);
  const { scored, labels } = await runDetector({ train, test, follows: true }, kind);
  return weeks.map(({ anomaly, from, to }) => {
    const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i).filter(
      (row) => !Number.isNaN(scored.scores[row]!),
    );
    const ranked = {
      labels: Uint8Array.from(rows, (row) => labels[row]!),
      scores: Float64Array.from(rows, (row) => scored.scores[row]!),
      entityOf: new Uint32Array(rows.length),
    };
    return {
      kind,
      anomaly,
      f1: findBestF1(ranked).f1,
      vusPr: volumeUnderSurface(ranked, DEFAULT_MAX_BUFFER).pr,
    };
  });
}

function renderCatches(catches: readonly Catch[], figure: 'f1' | 'vusPr', title: string): string {
  const anomalies = Object.keys(ANOMALIES) as Anomaly[];
  const kinds = [...new Set(catches.map(({ kind }) => kind))];
  const rows = kinds.map((kind) => {
    const cells = anomalies.map((anomaly) =>
      mean(
        catches.filter((each) => each.kind === kind && each.anomaly === anomaly).map((each) => each[figure]),
      ),
    );
    return [kind, ...[...cells, mean(cells)].map((value) => value.toFixed(2))];
  });
  return `${title}\n\n${formatTable([['model', ...anomalies, 'mean'], ...rows])}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
