/**
 * One fit and one scoring, in a process of its own, so that its memory is its own: `node run.ts '{"kind": …, "fleet": …}'`
 * prints what it took as JSON.
 */

import type { ModelKind, SeriesKindName } from '../../lib/config/model-kind.ts';
import type { Model } from '../../lib/models/framework/contract.ts';
import { createUnivariateModel } from '../../lib/models/framework/univariate/model.ts';
import { getModel } from '../../lib/models/registry.ts';
import { loadSeriesKind } from '../../lib/models/series-kinds.ts';
import { drawFleet, type Fleet } from './fleet.ts';

export interface RunRequest {
  readonly kind: ModelKind;
  readonly fleet: Fleet;
  readonly params?: Readonly<Record<string, unknown>>;
  /** The labels go into the fit: a classifier has to have them. */
  readonly labelled?: boolean;
  /** Of a model of single metrics: that many and no other number. */
  readonly threads?: number;
}

export interface RunResult {
  /** Seconds. */
  readonly fit: number;
  readonly score: number;
  /** Bytes of the artifact's arrays. */
  readonly state: number;
  /** Bytes: the process at its largest, the matrix included. */
  readonly peak: number;
}

type AnyModel = Omit<Model<unknown>, 'load'>;

const {
  kind,
  fleet,
  params = {},
  threads,
  labelled = false,
}: RunRequest = JSON.parse(process.argv[2] ?? '{}');
const { x, labels } = drawFleet(fleet);
const model =
  threads === undefined ? await getModel(kind) : await withThreads(kind as SeriesKindName, threads);
const start = performance.now();
const fitted = await model.fit(x, model.parseParams(params), {
  seed: 1,
  deadline: { remaining: () => Number.POSITIVE_INFINITY },
  ...(labelled && { labels }),
});
const fit = (performance.now() - start) / 1000;
const scoring = performance.now();
await fitted.score(x);
const score = (performance.now() - scoring) / 1000;
const state = Object.values(fitted.save().arrays).reduce((sum, { byteLength }) => sum + byteLength, 0);
// In KiB: https://nodejs.org/api/process.html#processresourceusage
const peak = process.resourceUsage().maxRSS * 1024;
const result: RunResult = { fit, score, state, peak };
console.log(JSON.stringify(result));

async function withThreads(of: SeriesKindName, count: number): Promise<AnyModel> {
  const made = createUnivariateModel(await loadSeriesKind(of), () => count);
  return { ...made, fit: (x, params, run) => made.fit(x, params as object, run) };
}
