/** Several processes that ask the same sources at once. */
import type { SourceSettings } from '../config/source-settings.ts';
import type { DeploymentSources } from './open-sources.ts';
import { DEFAULT_CONCURRENCY } from './prometheus-endpoint.ts';

/** @param share processes: each asks for its part of what a source is asked at a time, and for one query at least */
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
