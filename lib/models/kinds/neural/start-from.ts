import { ModelError } from '../../../base/errors.ts';
import type { ModelState } from '../../framework/contract.ts';
import type { Architecture } from './architecture.ts';
import type { FittedNetwork } from './network.ts';
import { loadNetwork } from './state.ts';

/**
 * The weights of a version to go on from.
 * @throws ModelError naming what differs; ArtifactError where the state is not whole
 */
export function loadStart(
  state: ModelState,
  { architecture, columns }: { readonly architecture: Architecture; readonly columns: readonly string[] },
): FittedNetwork['weights'] {
  const { kind } = architecture;
  if (state.kind !== kind) throw mismatch(kind, `it is of kind ${state.kind}`);
  const start = loadNetwork(kind, state);
  if (start.columns.length !== columns.length || start.columns.some((name, c) => name !== columns[c]))
    throw mismatch(kind, `its columns are ${start.columns.join(', ')}, not ${columns.join(', ')}`);
  for (const name of ['task', 'sequenceLength', 'hidden', 'layers'] as const)
    if (start.architecture[name] !== architecture[name])
      throw mismatch(kind, `its ${name} is ${start.architecture[name]}, not ${architecture[name]}`);
  return start.weights;
}

function mismatch(kind: string, what: string): ModelError {
  return new ModelError('start-mismatch', `${kind}: cannot go on from that version: ${what}`);
}
