/** Follows the owners of pods through the newest windows. An entity that a window lacks keeps its workload. */
import { nameWorkload, type Owner } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';

export type KnownOwners = NonNullable<DetectorState['podOwners']>;

/**
 * @param tracks entities that are remembered; those of the window besides
 * @param trained entities that the model knows: where the name of one does not tell its owner, new pods of that take over nothing
 * from it once it is forgotten
 * @returns undefined where there is none
 */
export function followOwners(
  { entities, podOwners }: Pick<MetricWindow, 'entities' | 'podOwners'>,
  before: KnownOwners | undefined,
  tracks: Readonly<Record<string, unknown>>,
  trained: ReadonlyMap<string, unknown> = new Map(),
): KnownOwners | undefined {
  // Where the window knows owners, pods that it names none of are told by their names by now.
  const renamed = new Set(podOwners === undefined ? [] : entities);
  const kept = Object.entries(before ?? {}).filter(
    ([entity, owner]) =>
      !renamed.has(entity) &&
      (Object.hasOwn(tracks, entity) || (trained.has(entity) && !isNamedAfter(entity, owner))),
  );
  // A file may name owners of anybody.
  const own = [...(podOwners ?? [])].filter(([entity]) => renamed.has(entity));
  const known: readonly (readonly [string, Owner])[] = [...kept, ...own];
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function isNamedAfter(entity: string, { name }: Owner): boolean {
  const parts = entity.split('/');
  // A namespace may be called like the owner.
  return nameWorkload(entity, [])
    .split('/')
    .some((part, at) => part === name && part !== parts[at]);
}

/** Own members alone: an entity may be called "constructor". */
export function ownerOf(owners: KnownOwners | undefined, entity: string): Owner | undefined {
  return owners !== undefined && Object.hasOwn(owners, entity) ? owners[entity] : undefined;
}

/** A pod that training did not know is judged by its owner's others, where its name tells another one or none. */
export function withOwners(
  fitted: FittedDetector,
  { entityLabels }: Pick<Detector, 'entityLabels'>,
  owners: KnownOwners | undefined,
): FittedDetector {
  if (owners === undefined) return fitted;
  const { scaler, evidence } = fitted;
  const workloads = new Map(
    Object.entries(owners).map(([entity, owner]) => [entity, nameWorkload(entity, entityLabels, owner)]),
  );
  return {
    ...fitted,
    scaler: { ...scaler, workloads },
    evidence: evidence && { ...evidence, expectation: { ...evidence.expectation, workloads } },
  };
}
