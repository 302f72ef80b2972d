/**
 * `npm run bench -- companions --data DIR`: what a second model beside `mahalanobis` is worth, on every series that has a
 * training part: an ensemble of both, fitted and scored by the product's own jobs. Labels of the test parts judge; the
 * members of `auto` were chosen by this table.
 */
import { DEFAULT_MAX_BUFFER } from '../lib/maths/metrics/volume-under-surface.ts';
import type { MemberParams } from '../lib/models/compose/ensemble/params.ts';
import { findSeries } from './quality/find-series.ts';
import { loadCase } from './quality/load-case.ts';
import { measureQuality } from './quality/measure.ts';
import { runDetector } from './quality/run-detector.ts';
import { type FileQuality, renderQuality, summarize } from './quality/table.ts';
import type { Study } from './study.ts';

/** Parts of the leader to one of the companion. */
const LEADER_WEIGHT = 2;

const COMPANIONS: readonly Omit<MemberParams, 'weight'>[] = [
  { kind: 'pca', params: {} },
  { kind: 'robust-z', params: {} },
  { kind: 'isolation-forest', params: { window: 10, extension: 3 } },
  { kind: 'seasonal', params: {} },
];

const CONTENDERS: Readonly<Record<string, readonly MemberParams[]>> = {
  'mahalanobis alone': [{ kind: 'mahalanobis', params: {} }],
  ...Object.fromEntries(
    COMPANIONS.map((companion) => [
      `${companion.kind}, a third`,
      [
        { kind: 'mahalanobis', params: {}, weight: LEADER_WEIGHT },
        { ...companion, weight: 1 },
      ],
    ]),
  ),
  'pca, a half': [
    { kind: 'mahalanobis', params: {}, weight: 1 },
    { kind: 'pca', params: {}, weight: 1 },
  ],
};

export const reportCompanions: Study = async (data, say) => {
  const files: FileQuality[] = [];
  for (const { set, name, ...paths } of findSeries(data).series) {
    if (paths.train === undefined) continue;
    try {
      const loaded = loadCase({ set, name, ...paths });
      for (const [model, members] of Object.entries(CONTENDERS)) {
        const run = await runDetector(loaded, 'ensemble', { members: members as unknown as [] });
        files.push({ set, file: name, model, ...measureQuality(run, DEFAULT_MAX_BUFFER) });
      }
      say(name);
    } catch (error) {
      say(`${name}: not used: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { text: renderQuality(summarize(files)), figures: files };
};
