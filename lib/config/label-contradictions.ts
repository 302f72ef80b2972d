/** What is wrong with a manifest's labels although each field is right. */
import { LabelError } from '../base/errors.ts';
import { suggestName } from '../base/nearest-name.ts';
import { columnsOf } from '../labels/expression.ts';
import { parseCondition } from '../labels/parse.ts';
import type { ManifestLabels } from './label-schema.ts';
import type { Problem } from './manifest-problems.ts';

interface Labelled {
  readonly labels?: ManifestLabels | undefined;
  readonly label_columns?: readonly string[] | undefined;
  readonly preset?: string | undefined;
}

/** @param metrics names of every metric that is queried; undefined where files are dropped, whose columns nobody knows */
export function findLabelProblems(spec: Labelled, metrics: readonly string[] | undefined): Problem[] {
  const problems: Problem[] = [];
  const complain = (path: readonly PropertyKey[], message: string): void => {
    problems.push({ path: ['spec', ...path], message });
  };
  const { labels, label_columns: columns = [] } = spec;
  if (typeof labels === 'string' && spec.preset !== labels)
    complain(
      ['labels'],
      `is ${labels}, which goes with preset: ${labels} and its metrics; for others, list your own criteria`,
    );
  const criteria = typeof labels === 'object' ? labels : [];
  for (const [index, { name, when }] of criteria.entries()) {
    const first = criteria.findIndex((criterion) => criterion.name === name);
    if (first < index) complain(['labels', index, 'name'], `is ${name}, as is labels[${first}].name`);
    const problem = findExpressionProblem(when, metrics);
    if (problem !== undefined) complain(['labels', index, 'when'], problem);
  }
  if (columns.length > 0 && labels === undefined)
    complain(['label_columns'], `has ${columns.join(', ')}, but there are no labels for them to serve`);
  for (const [index, column] of columns.entries()) {
    if (columns.indexOf(column) < index) complain(['label_columns', index], `is ${column} once more`);
    if (metrics !== undefined && !metrics.includes(column))
      complain(['label_columns', index], `${column} is none of the metrics; ${suggestName(column, metrics)}`);
  }
  if (metrics !== undefined && metrics.length > 0 && metrics.every((metric) => columns.includes(metric)))
    complain(['label_columns'], 'has every metric, so that none is left for the model');
  return problems;
}

function findExpressionProblem(when: string, metrics: readonly string[] | undefined): string | undefined {
  try {
    for (const [column, at] of columnsOf(parseCondition(when)))
      if (metrics !== undefined && !metrics.includes(column))
        return `${JSON.stringify(when)}: at character ${at + 1}, ${column} is none of the metrics; ${suggestName(column, metrics)}`;
    return undefined;
  } catch (error) {
    if (error instanceof LabelError) return error.message;
    throw error;
  }
}
