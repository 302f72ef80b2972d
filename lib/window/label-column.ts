/** Columns that say which rows were anomalous, though they are not called `label`. */
import type { Table } from 'apache-arrow';
import { WindowError } from '../base/errors.ts';
import { LABEL_NAME } from './column-names.ts';
import type { LeftOut } from './left-out.ts';
import { readNumbers } from './read-numbers.ts';
import type { ColumnRoles } from './roles.ts';

/** Lower case, without what separates words: Label, LABEL, is_anomaly, Is-Outlier, ground truth, y_true. */
const LABEL_LIKE =
  /^(?:labels?|(?:is|has)?(?:anomal(?:y|ies|ous)|outliers?)(?:labels?|flags?)?|(?:labels?|flags?)(?:anomaly|outlier)|groundtruth|ytrue)$/;

export interface LabelOptions {
  readonly source: string;
  /** Gets whole sentences for people. */
  readonly tell: (note: string) => void;
  /** Hears of columns that are left out. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
}

/** @param name of a column, as it is written */
export function isLabelLike(name: string): boolean {
  return LABEL_LIKE.test(name.toLowerCase().replaceAll(/[_\-. ]/g, ''));
}

/**
 * A column of 0 and 1 with such a name is never a metric: a model that saw it would learn the answer. Where it is the
 * only one, it is the label; where there are several, or one called `label`, it is left out. Other numbers stay a metric.
 * Each is told of.
 * @throws WindowError `bad-label` where such a column holds text, `no-metric-column` where nothing is left
 */
export function settleLabel(table: Table, roles: ColumnRoles, options: LabelOptions): ColumnRoles {
  const { source, tell, onLeftOut } = options;
  const nameOf = (index: number): string => table.schema.fields[index]!.name;
  // In the plural it is as likely what Prometheus calls labels.
  const text = roles.entity.find(
    (index) => isLabelLike(nameOf(index)) && nameOf(index).toLowerCase() !== 'labels',
  );
  if (text !== undefined)
    throw new WindowError(
      'bad-label',
      `${source}: column ${nameOf(text)} is ${table.schema.fields[text]!.type}, and its name says that it marks anomalous rows: 0 and 1 or booleans are read, in a column called ${LABEL_NAME}`,
    );
  const alike = roles.metrics.filter((index) => isLabelLike(nameOf(index)));
  if (alike.length === 0) return roles;
  const flags = alike.filter((index) => isFlag(table, index, source));
  for (const index of alike)
    if (!flags.includes(index))
      tell(
        `column ${nameOf(index)} is taken as a metric: it holds more than 0 and 1. Anomalous rows are marked by 1 in a column called ${LABEL_NAME}`,
      );
  const metrics = roles.metrics.filter((index) => !flags.includes(index));
  const label = roles.label ?? (flags.length === 1 ? flags[0] : undefined);
  for (const index of flags) {
    const message = describeFlag(nameOf(index), { index, label, flags: flags.length, nameOf });
    tell(message);
    if (index !== label) onLeftOut?.({ code: 'label-like-column', count: 1, column: nameOf(index), message });
  }
  if (metrics.length === 0)
    throw new WindowError(
      'no-metric-column',
      `${source} has no numeric column but ${flags.map(nameOf).join(', ')}, by name and values a label`,
    );
  return { ...roles, label, metrics };
}

function describeFlag(
  name: string,
  given: {
    readonly index: number;
    readonly label: number | undefined;
    readonly flags: number;
    readonly nameOf: (index: number) => string;
  },
): string {
  const { index, label, flags, nameOf } = given;
  if (index === label)
    return `column ${name} is taken as the label: it holds 0 and 1 alone, and its name says so. Call it ${LABEL_NAME} to say it yourself, or anything else to have it as a metric`;
  if (label !== undefined)
    return `column ${name} is left out: it holds 0 and 1 alone like a label, and ${nameOf(label)} is the label. Under another name it is a metric`;
  return `column ${name} is left out: it holds 0 and 1 alone like a label, as do ${flags} columns. Call the one that counts ${LABEL_NAME}`;
}

function isFlag(table: Table, index: number, source: string): boolean {
  const { name } = table.schema.fields[index]!;
  return readNumbers(table.getChildAt(index)!, { source, name }).every(
    (value) => value === 0 || value === 1 || Number.isNaN(value),
  );
}
