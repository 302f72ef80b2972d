/** What is wrong with a manifest's features although each field is right. */
import { formatDuration } from '../base/duration.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { ManifestFeatures } from './feature-schema.ts';
import { readOperation } from './feature-settings.ts';
import type { Problem } from './manifest-problems.ts';

/**
 * @param known.metrics undefined where the metrics come from the data: `planFeatures` then tells what is not there
 * @param known.step ms; undefined where it comes from the data
 */
export function findFeatureProblems(
  { columns }: ManifestFeatures,
  known: { readonly metrics: readonly string[] | undefined; readonly step: number | undefined },
): Problem[] {
  return columns.flatMap((column, index) => {
    const problems: Problem[] = [];
    const complain = (path: readonly PropertyKey[], message: string): void => {
      problems.push({ path: ['spec', 'features', 'columns', index, ...path], message });
    };
    const given = (['metrics', 'ratio', 'calendar'] as const).filter((name) => column[name] !== undefined);
    if (given.length !== 1)
      complain(
        [],
        `has ${given.join(' and ') || 'neither metrics nor ratio nor calendar'}; give one of them`,
      );
    if (column.calendar !== undefined && column.apply !== undefined)
      complain(['apply'], 'cannot be set beside calendar');

    const listed = column.metrics === 'all' ? [] : (column.metrics ?? []);
    for (const [at, name] of listed.entries()) checkName(['metrics', at], name);
    if (column.ratio !== undefined) {
      checkName(['ratio', 'of'], column.ratio.of);
      checkName(['ratio', 'to'], column.ratio.to);
      if (column.ratio.of === column.ratio.to)
        complain(['ratio', 'to'], `is ${JSON.stringify(column.ratio.to)}, as is ratio.of`);
    }
    for (const [at, text] of (column.apply ?? []).entries()) checkOperation(at, text);
    return problems;

    function checkName(path: readonly PropertyKey[], name: string): void {
      if (known.metrics === undefined || known.metrics.includes(name)) return;
      const near = nearestName(name, known.metrics);
      const hint = near === undefined ? `known are ${known.metrics.join(', ')}` : `did you mean ${near}?`;
      complain(path, `is ${JSON.stringify(name)}, which is no metric of the detector; ${hint}`);
    }

    function checkOperation(at: number, text: string): void {
      const operation = readOperation(text);
      if (operation === undefined || operation.kind === 'log' || known.step === undefined) return;
      if (operation.over % known.step !== 0)
        complain(
          ['apply', at],
          `is ${JSON.stringify(text)}, whose duration is not a multiple of step ${formatDuration(known.step)}`,
        );
    }
  });
}
