/** Identity policies, as far as roles here have them: actions on resources, allowed or denied, with wildcards. */
import { type Properties, readProperties } from '../template/properties.ts';
import { TemplateError } from '../template/template-error.ts';

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** `s3:GetObject`, `s3:*`, … */
  readonly actions: readonly string[];
  /** ARNs, with `*` and `?`. */
  readonly resources: readonly string[];
}

/** One action on one resource, as a statement grants them. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

/** @throws TemplateError for what is not emulated (conditions, NotAction, …): it would be judged wrongly */
export function readPolicy(where: string, document: Properties): Statement[] {
  document.ignore('Version', 'Id');
  return listOf(document.value('Statement')).map((values, position) => {
    const statement = readProperties(`${where} statement ${position + 1}`, values);
    statement.ignore('Sid');
    const effect = statement.text('Effect');
    if (effect !== 'Allow' && effect !== 'Deny')
      throw new TemplateError(where, `Effect is Allow or Deny, not ${effect}`);
    const read = {
      effect,
      actions: listOf(statement.value('Action')).map(String),
      resources: listOf(statement.value('Resource')).map(String),
    } as const;
    // A role here is asked for by the code of its function alone, so that what is denied to that code is denied.
    if (effect === 'Deny')
      statement.object('Condition').object('ArnEquals').ignore('lambda:SourceFunctionArn');
    statement.finish();
    if (read.actions.length === 0 || read.resources.length === 0)
      throw new TemplateError(where, 'a statement needs an Action and a Resource');
    return read;
  });
}

/** The grants that allow an action on a resource; none where nothing allows it, or something denies it. */
export function findGrants(statements: readonly Statement[], { action, resource }: Grant): Grant[] {
  const found: Grant[] = [];
  for (const { effect, actions, resources } of statements) {
    // Actions are the same in any case.
    const named = actions.filter((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
    const covered = resources.filter((pattern) => matches(pattern, resource));
    if (effect === 'Deny' && named.length > 0 && covered.length > 0) return [];
    if (effect === 'Allow')
      for (const name of named)
        for (const pattern of covered) found.push({ action: name, resource: pattern });
  }
  return found;
}

export function listGrants(statements: readonly Statement[]): Grant[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
