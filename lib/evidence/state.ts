/** Expectation and return levels as JSON: what an artifact keeps so that a row is judged as its version's training says. */
import { DEMAND_MEANS } from '../expectation/demand.ts';
import type { Expectation } from '../expectation/expectation.ts';
import type { SeriesExpectation } from '../expectation/series.ts';
import { invalid, record, show, strings } from '../features/read-state.ts';
import { readScoreTail } from '../maths/score-tail.ts';
import type { FittedEvidence } from './evidence.ts';
import { encode, floats64, readSeries, saveSeries } from './series-state.ts';
import { readStarts, saveStarts } from './starts-state.ts';
import { countComponents, planScan } from './statistics.ts';

const EVIDENCE_STATE_VERSION = 1;

export function saveEvidence(evidence: FittedEvidence): object {
  const { plan, expectation, tail, reach, pooledReach, starts } = evidence;
  const { columns, entities, shortLived, pooled, demandMeans } = expectation;
  return {
    formatVersion: EVIDENCE_STATE_VERSION,
    step: plan.step,
    settleAfter: plan.settleAfter,
    columns,
    entities: [...entities.keys()],
    ...saveSeries([...entities.values(), pooled].flat()),
    ...(demandMeans !== undefined && { demandMeans }),
    ...(shortLived !== undefined && {
      shortLived: { workloads: [...shortLived.keys()], ...saveSeries([...shortLived.values()].flat()) },
    }),
    tail,
    reach: encode(reach),
    pooledReach: encode(pooledReach),
    starts: saveStarts(starts, plan),
  };
}

/** @throws ArtifactError where `state` is of another format version, or inconsistent */
export function loadEvidence(state: unknown): FittedEvidence {
  const raw = record(state, 'evidence state');
  if (raw.formatVersion !== EVIDENCE_STATE_VERSION)
    throw invalid(
      `evidence state has format version ${show(raw.formatVersion)}, this build reads ${EVIDENCE_STATE_VERSION}`,
    );
  const plan = planScan(positive(raw.step, 'step'), positive(raw.settleAfter, 'settleAfter'));
  const columns = strings(raw.columns, 'evidence columns');
  const entities = strings(raw.entities, 'evidence entities');
  const all = readSeries(raw, (entities.length + 1) * columns.length);
  const of = (entity: number): readonly SeriesExpectation[] =>
    all.slice(entity * columns.length, (entity + 1) * columns.length);
  const expectation: Expectation = {
    columns,
    entities: new Map(entities.map((name, entity) => [name, of(entity)])),
    pooled: of(entities.length),
    ...(raw.shortLived !== undefined && { shortLived: readShortLived(raw.shortLived, columns.length) }),
    ...(raw.demandMeans !== undefined && { demandMeans: meansOf(raw.demandMeans) }),
  };
  const reach = floats64(raw.reach, countComponents(columns.length, plan), 'reach');
  const pooledReach = floats64(raw.pooledReach, columns.length < 2 ? 0 : plan.lengths.length, 'pooledReach');
  if (![...reach, ...pooledReach].every((level) => level > 0)) throw invalid('a return level is not above 0');
  const starts = readStarts(raw.starts, { columns: columns.length, plan });
  return { plan, expectation, tail: readScoreTail(raw.tail), reach, pooledReach, starts };
}

function readShortLived(state: unknown, columns: number): Expectation['shortLived'] {
  const raw = record(state, 'shortLived');
  const workloads = strings(raw.workloads, 'workloads of shortLived');
  const all = readSeries(raw, workloads.length * columns);
  return new Map(workloads.map((name, at) => [name, all.slice(at * columns, (at + 1) * columns)]));
}

/** @throws ArtifactError where one is longer than what a row is read with */
function meansOf(raw: unknown): readonly number[] {
  const longest = Math.max(...DEMAND_MEANS);
  if (Array.isArray(raw) && raw.every((mean) => positive(mean, 'a mean of demandMeans') <= longest))
    return raw;
  throw invalid(`demandMeans is ${show(raw)}, not a list of ms up to ${longest}`);
}

function positive(raw: unknown, what: string): number {
  if (typeof raw === 'number' && raw > 0 && raw < Infinity) return raw;
  throw invalid(`${what} is ${show(raw)}`);
}
