/** The generated parts of docs/alerts.md: each stands between two marks. */
import type { Alert } from '../lib/alert/alert.ts';
import { alertJsonSchema } from '../lib/alert/alert-json-schema.ts';
import { renderAlert } from '../lib/alert/render.ts';
import { makeAlertExamples } from './alert-examples.ts';
import { placePart } from './place-part.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
}

/** `text` with fields and examples as they are. @throws Error where a mark is missing */
export async function placeAlertDocs(text: string): Promise<string> {
  const parts = { fields: renderFields(), examples: renderExamples(await makeAlertExamples()) };
  return Object.entries(parts).reduce(
    (page, [name, part]) => placePart(page, { name, script: 'make-alert-docs.ts' }, part),
    text,
  );
}

function renderFields(): string {
  const rows = listFields(alertJsonSchema() as Schema, '').map(
    ({ name, type, says }) => `| \`${name}\` | ${type} | ${says} |`,
  );
  return ['| field | type | |', '| --- | --- | --- |', ...rows].join('\n');
}

function listFields(
  schema: Schema,
  prefix: string,
): readonly { readonly name: string; readonly type: string; readonly says: string }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const isOptional = schema.required?.includes(name) !== true;
    const type = `${nameType(member)}${isOptional ? ', optional' : ''}`;
    return [
      { name: path, type, says: member.description ?? '' },
      ...listFields(member, `${path}.`),
      ...listFields(member.items ?? {}, `${path}[].`),
    ];
  });
}

function nameType({ type, enum: values, items, additionalProperties }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (items !== undefined) return `list of ${items.type}s`;
  if (additionalProperties !== undefined) return `map of ${additionalProperties.type}s`;
  return [type].flat().join(' or ');
}

function renderExamples(examples: ReadonlyMap<string, Alert>): string {
  return [...examples]
    .map(([name, alert]) => {
      const { subject, text, attributes } = renderAlert(alert);
      return [
        `### ${name}`,
        fence('text', `Subject: ${subject}\n\n${text.trimEnd()}`),
        'Attributes and body:',
        fence('json', JSON.stringify(attributes, null, 2)),
        fence('json', JSON.stringify(alert, null, 2)),
      ].join('\n\n');
    })
    .join('\n\n');
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
