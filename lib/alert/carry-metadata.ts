/** Labels and annotations of a manifest, as far as a message has room for them. */
import type { Detector } from '../config/detector.ts';
import type { AnomalyFacts } from './alert.ts';

/** Of labels, and of annotations. */
const MOST = 20;
/** Characters of a name and of a value: kubectl alone writes whole manifests into an annotation. */
const LONGEST_NAME = 256;
const LONGEST_VALUE = 1024;

/** What is too long, or comes after the first 20 of its map as the manifest has it, is counted. */
export function carryMetadata({
  labels = {},
  annotations = {},
}: NonNullable<Detector['metadata']> = {}): Pick<AnomalyFacts, 'labels' | 'annotations' | 'metadataLeftOut'> {
  const kept = { labels: carry(labels), annotations: carry(annotations) };
  const count = (map: Readonly<Record<string, string>>): number => Object.keys(map).length;
  const leftOut = count(labels) + count(annotations) - count(kept.labels) - count(kept.annotations);
  return {
    ...(count(kept.labels) > 0 && { labels: kept.labels }),
    ...(count(kept.annotations) > 0 && { annotations: kept.annotations }),
    ...(leftOut > 0 && { metadataLeftOut: leftOut }),
  };
}

function carry(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map)
      .filter(([name, value]) => name.length <= LONGEST_NAME && value.length <= LONGEST_VALUE)
      .slice(0, MOST),
  );
}
