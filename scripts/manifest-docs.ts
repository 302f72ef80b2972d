/**
 * The table of fields in docs/manifest.md: names, defaults and descriptions are those of the manifest's schema, and what a
 * field takes is what its own message says to who writes something else.
 */
import { DEFAULTS } from '../lib/config/defaults.ts';
import { manifestJsonSchema, manifestSchema } from '../lib/config/manifest-schema.ts';
import { placePart } from './place-part.ts';

const PART = { name: 'fields', script: 'make-manifest-docs.ts' };

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Field {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** Of fields that the schema leaves open, since they go by others. */
export const OPEN_DEFAULTS: Readonly<Record<string, string>> = {
  'spec.step': `\`${DEFAULTS.step}\`, or by the data`,
  'spec.schedule': 'as `detection_window`',
  'spec.expect_every': 'by `schedule`, or by how files came',
  'spec.training.warmup': `${DEFAULTS.warmup} rows or \`${DEFAULTS.warmupTime}\``,
  'spec.threshold.false_alarms': `\`${DEFAULTS.falseAlarms}\``,
  'spec.threshold.min_change': `\`{relative: ${DEFAULTS.minRelativeChange}}\`, and by unit`,
  'spec.threshold.min_change.absolute': 'by unit',
  'spec.threshold.direction': '`both`',
  'spec.threshold.min_deviation': `\`${DEFAULTS.minDeviation}\` by percentile`,
  'spec.threshold.k': `\`${DEFAULTS.k}\` by percentile`,
  'spec.threshold.n': `\`${DEFAULTS.n}\` by percentile`,
  'spec.threshold.resolve_after': `\`${DEFAULTS.resolveAfterEvidence}\`; by percentile \`${DEFAULTS.resolveAfter}\``,
};

/** Where a field is told of at length. */
export const SEE: Readonly<Record<string, string>> = {
  'metadata.labels': '[alerts](alerts.md)',
  'metadata.annotations': '[alerts](alerts.md)',
  'spec.expect_every': '[detectors that are silent](runbook.md#detectors-silent)',
  'spec.training.incidents': '[what trainings leave out](answers.md#what-trainings-leave-out)',
  'spec.alerts.digest': '[a digest](alerts.md#a-digest)',
  'spec.model.kind': '[which kind when](models.md)',
  'spec.model.params': '[by kind](models.md)',
  'spec.model.fine_tune': '[fine-tuning](#fine-tuning)',
  'spec.features': '[features](features.md)',
  'spec.scaler': '[scalers](features.md#scalers)',
  'spec.labels': '[labels](labels.md)',
  'spec.label_columns': '[labels](labels.md#columns-that-serve-labels-alone)',
  'spec.training.warmup': '[how long it learns](#how-long-it-learns)',
  'spec.threshold.false_alarms': '[a budget](#a-budget-of-false-alarms)',
  'spec.threshold.min_change': '[changes that matter](#changes-that-matter)',
  'spec.threshold.percentile': '[by percentile](#by-percentile)',
  'spec.silence': '[silence](#silence)',
  'spec.outputs.expected': '[scores](bucket.md#scores)',
};

/** `text` with the fields as they are. @throws Error where a mark is missing */
export function placeManifestDocs(text: string): string {
  const head = ['| field | takes | default | what it does |', '| --- | --- | --- | --- |'];
  return placePart(text, PART, [...head, ...listFields().map(renderField)].join('\n'));
}

/** Those that hold others only where there is something to say of them. */
export function listFields(): readonly Field[] {
  return walk(manifestJsonSchema() as Schema, '');
}

function walk(parent: Schema, prefix: string): readonly Field[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, schema]): readonly Field[] => {
    const path = `${prefix}${name}`;
    const inner = [...walk(schema, `${path}.`), ...walk(schema.items ?? {}, `${path}[].`)];
    const isTold = schema.properties === undefined || schema.description !== undefined;
    const isRequired = parent.required?.includes(name) === true;
    return [...(isTold ? [{ path, schema, isRequired }] : []), ...inner];
  });
}

function renderField({ path, schema, isRequired }: Field): string {
  const see = SEE[path] === undefined ? undefined : `See ${SEE[path]}.`;
  const says = [schema.description, see].filter((part) => part !== undefined).join(' ');
  const cells = [`\`${path}\``, sayTaken(path, schema), sayDefault(path, schema, isRequired), says];
  return `| ${cells.join(' | ')} |`;
}

function sayDefault(path: string, schema: Schema, isRequired: boolean): string {
  if (isRequired) return 'required';
  const open = OPEN_DEFAULTS[path];
  if (open !== undefined) return open;
  if (schema.default === undefined || schema.properties !== undefined) return '–';
  const said = sayValue(schema.default);
  return said === '{}' || said === '[]' ? '–' : `\`${said}\``;
}

/** As YAML writes it in one line. */
function sayValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(sayValue).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([name, member]) => `${name}: ${sayValue(member)}`)
    .join(', ')}}`;
}

function sayTaken(path: string, schema: Schema): string {
  if (schema.properties !== undefined) return 'map';
  if (schema.enum !== undefined && schema.enum.length <= 6)
    return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.enum !== undefined) return 'one of a list';
  const message = complaint(path, { '?': 0 }) ?? complaint(path, -1.5);
  const taken = /^must be ([\s\S]+)$/.exec(message ?? '')?.[1];
  if (taken === undefined) throw new Error(`the message does not say what ${path} takes: ${message}`);
  const counts =
    schema.maxItems === undefined
      ? ''
      : `, ${schema.minItems ?? 0} to ${schema.maxItems.toLocaleString('en-US')}`;
  return `${taken}${counts}`
    .replace(/ in whole seconds.*$/, '')
    .replace(/^an? /, '')
    .replace(/(?<![.\d])\d{4,}/g, (digits) => Number(digits).toLocaleString('en-US'))
    .replaceAll('|', '\\|');
}

/** What is said of `value` at `path`; undefined: nothing. */
function complaint(path: string, value: unknown): string | undefined {
  const keys = path.split('.').flatMap((key) => (key.endsWith('[]') ? [key.slice(0, -2), 0] : [key]));
  const given = nest(keys, value);
  const issues = manifestSchema.safeParse(given).error?.issues ?? [];
  return issues.find((issue) => issue.path.join('.') === keys.join('.'))?.message;
}

function nest(keys: readonly (string | number)[], value: unknown): unknown {
  return keys.reduceRight<unknown>(
    (inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }),
    value,
  );
}
