/**
 * One fit and one scoring, in a process of its own, so that its memory is its own: `node run.ts '{"kind": …, "fleet": …}'`
 * prints what it took as JSON.
 */
import { getModel } from '../../lib/models/registry.ts';
import { drawFleet, type Fleet } from './matrix.ts';

export interface RunRequest {
  readonly kind: string;
  readonly fleet: Fleet;
  readonly params?: Readonly<Record<string, unknown>>;
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

const { kind, fleet, params = {} }: RunRequest = JSON.parse(process.argv[2] ?? '{}');
const x = drawFleet(fleet);
const model = await getModel(kind);
const start = performance.now();
const fitted = await model.fit(x, model.parseParams(params), {
  seed: 1,
  deadline: { remaining: () => Number.POSITIVE_INFINITY },
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
