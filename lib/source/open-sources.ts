/** The sources of a deployment: the one that is meant where a manifest names none, and those of its list by name. */
import { SettingError } from '../base/errors.ts';
import type { Detector } from '../config/detector.ts';
import type { SourceSettings } from '../config/source-settings.ts';
import type { MetricSource } from './metric-source.ts';
import { openSource, type SourceHost } from './open-source.ts';
import { DEFAULT_CONCURRENCY } from './prometheus-endpoint.ts';

export interface DeploymentSources {
  /** Undefined: every manifest has to name one. */
  readonly source: SourceSettings | undefined;
  /** Undefined: there are none besides. */
  readonly namedSources: ReadonlyMap<string, SourceSettings> | undefined;
}

export interface Sources {
  /**
   * The source of a detector. It is opened for the first one that asks, secrets included, and shared by the others, so that
   * its concurrency holds for all of them together.
   * @throws SettingError `unknown-source`, `no-source`; what `openSource` throws
   */
  sourceOf(detector: Pick<Detector, 'name' | 'source'>): Promise<MetricSource>;
}

/** One source for every detector, whatever its manifest names. */
export function onlySource(source: MetricSource): Sources {
  return { sourceOf: async () => source };
}

/** Opens none yet: what is wrong with one of them concerns its own detectors alone. */
export function openSources(deployment: DeploymentSources, host: SourceHost): Sources {
  const opened = new Map<string | undefined, Promise<MetricSource>>();
  return {
    async sourceOf(detector) {
      const settings = chooseSource(deployment, detector);
      const known = opened.get(detector.source);
      if (known !== undefined) return known;
      const opening = openSource(settings, host);
      opened.set(detector.source, opening);
      return opening;
    },
  };
}

/**
 * For several processes that ask the same sources at once.
 * @param share how many processes: each asks for its part of the queries at a time, and for one query at least
 */
export function divideConcurrency(
  { source, namedSources }: DeploymentSources,
  share: number,
): DeploymentSources {
  const part = (settings: SourceSettings): SourceSettings => ({
    ...settings,
    concurrency: Math.max(1, Math.floor((settings.concurrency ?? DEFAULT_CONCURRENCY) / share)),
  });
  return {
    source: source && part(source),
    namedSources: namedSources && new Map([...namedSources].map(([name, each]) => [name, part(each)])),
  };
}

function chooseSource(
  { source, namedSources }: DeploymentSources,
  detector: Pick<Detector, 'name' | 'source'>,
): SourceSettings {
  const names = [...(namedSources?.keys() ?? [])];
  const found = detector.source === undefined ? source : namedSources?.get(detector.source);
  if (found !== undefined) return found;
  const known =
    names.length === 0 ? 'this deployment has no list of sources' : `known are ${names.join(', ')}`;
  if (detector.source === undefined)
    throw new SettingError(
      'no-source',
      `detector ${detector.name} names no source, and there is no Prometheus for those that name none: set spec.source (${known})`,
    );
  throw new SettingError(
    'unknown-source',
    `detector ${detector.name}: spec.source is ${JSON.stringify(detector.source)}, which is no Prometheus of this deployment: ${known}`,
  );
}
