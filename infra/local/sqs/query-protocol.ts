/** The older AWS protocol that SNS speaks, and SQS with older clients: a form in, XML out. */
import type { Readable } from 'node:stream';
import { AwsError, type AwsRequest } from '../contract.ts';

/** A parameter's value, or the parameters below it: `Entry.1.Id` is Entry → 1 → Id. */
export type FormNode = string | Map<string, FormNode>;

/** A member, its children, or one element per item. Undefined members are left out. */
export type XmlValue = string | number | readonly XmlElement[] | undefined;
export type XmlElement = readonly [name: string, value: XmlValue];

/** A batch of 256 KiB in which every byte is percent-encoded, and its attributes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function readBody(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLarge', 413, `The request is longer than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Parameters of the URL and of the form body. */
export async function readForm(request: AwsRequest): Promise<URLSearchParams> {
  const form = new URLSearchParams(request.query);
  for (const [name, value] of new URLSearchParams(await readBody(request.body))) form.set(name, value);
  return form;
}

export function nestForm(form: URLSearchParams): Map<string, FormNode> {
  const root = new Map<string, FormNode>();
  for (const [path, value] of form) {
    const names = path.split('.');
    const leaf = names.pop() ?? '';
    let node = root;
    for (const name of names) {
      const next = node.get(name);
      if (next instanceof Map) node = next;
      else {
        const made = new Map<string, FormNode>();
        node.set(name, made);
        node = made;
      }
    }
    if (!(node.get(leaf) instanceof Map)) node.set(leaf, value);
  }
  return root;
}

/** The items of a numbered list, by number; empty for a value that is none. */
export function listItems(node: FormNode | undefined): readonly FormNode[] {
  if (!(node instanceof Map)) return [];
  return [...node.entries()]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, item]) => item);
}

export function renderXml(elements: readonly XmlElement[]): string {
  return elements
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (typeof value === 'object') return `<${name}>${renderXml(value)}</${name}>`;
      return `<${name}>${escapeXml(String(value))}</${name}>`;
    })
    .join('');
}

/** `<ActionResponse>` around `<ActionResult>`; an undefined result has no such element. */
export function renderResponse(
  action: string,
  namespace: string,
  result: readonly XmlElement[] | undefined,
  requestId: string,
): string {
  const body = renderXml([
    [`${action}Result`, result],
    ['ResponseMetadata', [['RequestId', requestId]]],
  ]);
  return `<?xml version="1.0"?>\n<${action}Response xmlns="${namespace}">${body}</${action}Response>\n`;
}

export function renderErrorResponse(
  error: { readonly code: string; readonly status: number; readonly message: string },
  namespace: string,
  requestId: string,
): string {
  const body = renderXml([
    [
      'Error',
      [
        ['Type', error.status < 500 ? 'Sender' : 'Receiver'],
        ['Code', error.code],
        ['Message', error.message],
      ],
    ],
    ['RequestId', requestId],
  ]);
  return `<?xml version="1.0"?>\n<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** A bare carriage return would reach the reader as a newline. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}
