/** Everything that a kind of model does not take of its parameters, members of an ensemble included. */
import { ModelError } from '../base/errors.ts';
import type { Problem } from '../config/manifest-problems.ts';
import { isModelKind } from '../config/model-kind.ts';
import { getModel } from '../models/registry.ts';

type Params = Readonly<Record<string, unknown>>;

/** @param path of the parameters in the manifest */
export async function findParamProblems(
  kind: string,
  params: Params,
  path: readonly PropertyKey[],
): Promise<readonly Problem[]> {
  if (!isModelKind(kind)) return [];
  const { parseParams } = await getModel(kind);
  const problems: Problem[] = [];
  let left = params;
  if (kind === 'ensemble' && Array.isArray(params['members'])) {
    problems.push(...(await findMemberProblems(params['members'], [...path, 'members'])));
    if (problems.length > 0) {
      // What the others are of is told once these are right.
      const { members: _, agree: __, ...others } = params;
      left = others;
    }
  }
  for (;;) {
    const message = refusalOf(parseParams, left);
    if (message === undefined) return problems;
    const culprit = Object.keys(left).find((name) => refusalOf(parseParams, without(left, name)) !== message);
    problems.push({
      path: culprit === undefined ? path : [...path, culprit],
      message: `cannot be used: ${message}`,
    });
    if (culprit === undefined) return problems;
    left = without(left, culprit);
  }
}

/** Each by itself, and what each is given. */
async function findMemberProblems(
  members: readonly unknown[],
  path: readonly PropertyKey[],
): Promise<readonly Problem[]> {
  const { parseParams } = await getModel('ensemble');
  const problems: Problem[] = [];
  for (const [index, member] of members.entries()) {
    const message = refusalOf(parseParams, { members: [member] });
    if (message !== undefined) {
      const named = message.replaceAll('members[0]', `members[${index}]`);
      problems.push({ path: [...path, index], message: `cannot be used: ${named}` });
      continue;
    }
    const { kind, params = {} } = member as { readonly kind: string; readonly params?: Params };
    problems.push(...(await findParamProblems(kind, params, [...path, index, 'params'])));
  }
  return problems;
}

function refusalOf(parseParams: (given: Params) => unknown, params: Params): string | undefined {
  try {
    parseParams(params);
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error.message;
    throw error;
  }
}

function without(params: Params, name: string): Params {
  return Object.fromEntries(Object.entries(params).filter(([other]) => other !== name));
}
