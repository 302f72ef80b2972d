/** Several models' states inside one: their arrays under a prefix each, the rest of them as JSON. */

import { ArtifactError } from '../../../base/errors.ts';
import { isModelKind } from '../../../config/model-kind.ts';
import type { JsonValue, ModelState, TypedArray } from '../../framework/contract.ts';

/** What of a state is JSON. */
type Header = Omit<ModelState, 'arrays'>;

export interface NestedStates {
  readonly headers: readonly JsonValue[];
  readonly arrays: Readonly<Record<string, TypedArray>>;
}

/** In the given order; an array of the first state is called "0.…". */
export function nestStates(states: readonly ModelState[]): NestedStates {
  return {
    headers: states.map(({ kind, formatVersion, json }) => ({ kind, formatVersion, json })),
    arrays: Object.fromEntries(
      states.flatMap(({ arrays }, i) =>
        Object.entries(arrays).map(([name, array]) => [`${i}.${name}`, array]),
      ),
    ),
  };
}

/** @throws ArtifactError where a header is none, or an array belongs to no state */
export function unnestStates(headers: unknown, arrays: ModelState['arrays']): readonly ModelState[] {
  if (!Array.isArray(headers)) throw invalid(`its states are ${JSON.stringify(headers)}`);
  const states = headers.map((header, i) => {
    const prefix = `${i}.`;
    const own = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
    return {
      ...readHeader(header),
      arrays: Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length), array])),
    };
  });
  const taken = states.reduce((sum, state) => sum + Object.keys(state.arrays).length, 0);
  if (taken !== Object.keys(arrays).length)
    throw invalid(
      `${Object.keys(arrays).length - taken} of its arrays belong to none of ${states.length} states`,
    );
  return states;
}

function readHeader(header: unknown): Header {
  const { kind, formatVersion, json } = (header ?? {}) as Partial<Header>;
  if (typeof kind !== 'string' || !isModelKind(kind))
    throw invalid(`a state is of kind ${JSON.stringify(kind)}`);
  if (typeof formatVersion !== 'number' || json === undefined)
    throw invalid(`a state of kind ${kind} lacks its format version or settings`);
  return { kind, formatVersion, json } as Header;
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-model', `ensemble: ${message}`);
}
