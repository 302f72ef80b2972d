/** All that can be known of a manifest without a bucket and a Prometheus: what cannot run is told before it does not. */
import { parser } from '@prometheus-io/lezer-promql';
import type { ManifestError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Detector } from '../config/detector.ts';
import { checkManifest } from '../config/manifest.ts';
import type { Problem } from '../config/manifest-problems.ts';
import { findParamProblems } from './param-problems.ts';

export interface CheckOptions {
  /** The file or key, for messages; under detectors/ it has to be called as the detector is. */
  readonly source: string;
  /** False for a source whose language is another one, such as MetricsQL. */
  readonly isPromql: boolean;
  /** False for a file that is not deployed as it lies there: it may be called as one likes. */
  readonly isDeployed?: boolean;
  /** Names that `spec.source` may have; undefined: they are not known here. */
  readonly sources?: readonly string[] | undefined;
}

/** Characters of the query that a message shows. */
const SHOWN_QUERY = 40;

/** @throws ManifestError that lists every problem */
export async function readCheckedManifest(text: string, options: CheckOptions): Promise<Detector> {
  const checked = checkManifest(text, options);
  const more = [
    ...(options.isDeployed === false ? [] : findNameProblems(checked.value, options.source)),
    ...findDependencyProblems(checked.value),
    ...findSourceProblems(checked.value, options.sources),
    ...(options.isPromql ? findQueryProblems(checked.value) : []),
    ...(await findModelProblems(checked.value)),
  ];
  const error: ManifestError | undefined =
    checked.detector === undefined || more.length > 0 ? checked.refuse(more) : undefined;
  if (error !== undefined || checked.detector === undefined) throw error;
  return checked.detector;
}

function findNameProblems(value: unknown, source: string): readonly Problem[] {
  const name = at(value, 'metadata', 'name');
  const file = /(?:^|[/\\])detectors[/\\]([^/\\]+)\.ya?ml$/i.exec(source)?.[1];
  if (file === undefined || typeof name !== 'string' || name === file) return [];
  return [
    {
      path: ['metadata', 'name'],
      message: `is ${JSON.stringify(name)}, and the file says ${JSON.stringify(file)}: under detectors/ they are the same`,
    },
  ];
}

/** Harmless where it runs, so that it goes on there; whoever wrote it meant another name. */
function findDependencyProblems(value: unknown): readonly Problem[] {
  const spec = at(value, 'spec');
  const [target, needed] = [at(spec, 'target_service'), at(spec, 'depends_on')];
  const index = typeof target === 'string' && Array.isArray(needed) ? needed.indexOf(target) : -1;
  if (index === -1) return [];
  return [
    {
      path: ['spec', 'depends_on', index],
      message: `is ${JSON.stringify(target)}, its own target_service; name what that needs in order to work`,
    },
  ];
}

function findSourceProblems(value: unknown, sources: readonly string[] | undefined): readonly Problem[] {
  const source = at(value, 'spec', 'source');
  if (sources === undefined || typeof source !== 'string' || sources.includes(source)) return [];
  const near = nearestName(source, sources);
  const hint = near === undefined ? `known are ${sources.join(', ')}` : `did you mean ${near}?`;
  return [
    {
      path: ['spec', 'source'],
      message: `is ${JSON.stringify(source)}, which is no Prometheus of the deployment; ${hint}`,
    },
  ];
}

function findQueryProblems(value: unknown): readonly Problem[] {
  const spec = at(value, 'spec');
  const metrics = at(spec, 'metrics');
  const queries: [readonly PropertyKey[], unknown][] = [
    [['spec', 'prometheus_query'], at(spec, 'prometheus_query')],
    ...(Array.isArray(metrics) ? metrics : []).map((metric, i): [readonly PropertyKey[], unknown] => [
      ['spec', 'metrics', i, 'query'],
      at(metric, 'query'),
    ]),
  ];
  return queries.flatMap(([path, query]) => {
    const message = typeof query === 'string' && query.trim() !== '' ? findSyntaxProblem(query) : undefined;
    return message === undefined ? [] : [{ path, message }];
  });
}

async function findModelProblems(value: unknown): Promise<readonly Problem[]> {
  const model = at(value, 'spec', 'model');
  const [kind, params] = [at(model, 'kind') ?? 'auto', at(model, 'params') ?? {}];
  if (typeof kind !== 'string' || typeof params !== 'object' || params === null || Array.isArray(params))
    return [];
  return findParamProblems(kind, params as Readonly<Record<string, unknown>>, ['spec', 'model', 'params']);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part)
        ? Reflect.get(inner, part)
        : undefined,
    value,
  );
}

/**
 * What is wrong with a query, to be read on from its name; undefined where it is PromQL, by the grammar that Prometheus
 * maintains for its own editor. Syntax alone: no types, no series.
 */
export function findSyntaxProblem(query: string): string | undefined {
  let first: number | undefined;
  parser.parse(query).iterate({
    enter({ type, from }) {
      if (type.isError) first ??= from;
    },
  });
  if (first === undefined) return undefined;
  if (query.slice(first).trim() === '') return `is no PromQL: it ends too early, at character ${first + 1}`;
  const rest = query.slice(first, first + SHOWN_QUERY);
  return `is no PromQL: at character ${first + 1}, ${JSON.stringify(rest)}${first + SHOWN_QUERY < query.length ? '…' : ''}`;
}
