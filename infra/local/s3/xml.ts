/** The XML that S3 reads and writes. */
import { XMLParser } from 'fast-xml-parser';
import type { AwsResponse } from '../contract.ts';
import { escapeXml } from '../error-response.ts';
import { S3Error } from './errors.ts';

/** A parsed element: text, or children by name; an element that stands twice is an array. */
export type XmlNode = string | XmlNode[] | { readonly [name: string]: XmlNode };

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const PARSER: XMLParser = new XMLParser({
  // rclone writes quotes as &#34;
  htmlEntities: true,
  parseTagValue: false,
  trimValues: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
});

/** `undefined` leaves the element out. */
export function element(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

export function parent(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** A parsed element, written again. */
export function renderNode(name: string, node: XmlNode): string {
  if (typeof node === 'string') return element(name, node);
  if (Array.isArray(node)) return node.map((one) => renderNode(name, one)).join('');
  const children = Object.entries(node).filter(([child]) => child !== '#text');
  return parent(name, ...children.map(([child, value]) => renderNode(child, value)));
}

export function xmlResponse(
  root: string,
  children: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): AwsResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${children.join('')}</${root}>`,
  };
}

/** The children of the document's root element. @throws S3Error MalformedXML */
export function parseXml(text: string, root: string): XmlNode {
  let document: Record<string, XmlNode>;
  try {
    document = PARSER.parse(text, true) as Record<string, XmlNode>;
  } catch (error) {
    throw malformedXml(error instanceof Error ? error.message : String(error));
  }
  const node = document[root];
  if (node === undefined) throw malformedXml(`the document has no ${root}`);
  return node;
}

/** Every child element of that name, in order. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  if (typeof node === 'string' || Array.isArray(node)) return [];
  const child = node[name];
  if (child === undefined) return [];
  return Array.isArray(child) ? child : [child];
}

/** The text of the first child of that name. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const child = childrenOf(node, name)[0];
  return typeof child === 'string' ? child : undefined;
}

/** @throws S3Error MalformedXML for an element that is none of `allowed` */
export function checkChildren(node: XmlNode, allowed: readonly string[]): void {
  if (typeof node === 'string' || Array.isArray(node)) return;
  const unknown = Object.keys(node).find((name) => name !== '#text' && !allowed.includes(name));
  if (unknown !== undefined) throw malformedXml(`${unknown} is none of ${allowed.join(', ')}`);
}

export function malformedXml(reason: string): S3Error {
  return new S3Error(
    'MalformedXML',
    `The XML you provided was not well-formed or did not validate against our published schema: ${reason}`,
  );
}
