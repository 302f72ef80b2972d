import type { XmlElement } from '../sqs/query-protocol.ts';
import { optionalText, type SnsInput } from './input.ts';

const PAGE = 100;

/** A hundred of `items` by their ARN, from where NextToken says, and the next token if there are more. */
export function pageOf<Item extends { readonly arn: string }>(
  items: readonly Item[],
  input: SnsInput,
  name: string,
  render: (item: Item) => readonly XmlElement[],
): readonly XmlElement[] {
  const after = Buffer.from(optionalText(input, 'NextToken') ?? '', 'base64').toString();
  const rest = items.filter(({ arn }) => arn > after).sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const page = rest.slice(0, PAGE);
  const last = page.at(-1);
  return [
    [name, page.map((item): XmlElement => ['member', render(item)])],
    ['NextToken', rest.length > PAGE && last ? Buffer.from(last.arn).toString('base64') : undefined],
  ];
}

/** A map as SNS renders it. */
export function renderMap(map: Readonly<Record<string, string>>): readonly XmlElement[] {
  return Object.entries(map).map(([key, value]) => [
    'entry',
    [
      ['key', key],
      ['value', value],
    ],
  ]);
}
