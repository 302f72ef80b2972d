/** SQS's two protocols. Operations see the members of the JSON one; the query protocol is translated here. */
import type { AwsError, AwsRequest, AwsResponse } from '../contract.ts';
import { queryCodeOf, sqsError } from './errors.ts';
import { type Input, isRecord } from './input.ts';
import {
  type FormNode,
  listItems,
  nestForm,
  readBody,
  readForm,
  renderErrorResponse,
  renderResponse,
  type XmlElement,
} from './query-protocol.ts';

export interface Call {
  readonly action: string;
  readonly input: Input;
}

const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';
const TARGET = 'AmazonSQS.';

type Shape = { readonly member: string } & (
  | { readonly kind: 'strings' | 'structures' }
  | { readonly kind: 'map'; readonly key: string; readonly value: string }
);

/** Numbered parameters of the query protocol → member of the JSON one. */
const LISTS: Readonly<Record<string, Shape>> = {
  Attribute: { member: 'Attributes', kind: 'map', key: 'Name', value: 'Value' },
  AttributeName: { member: 'AttributeNames', kind: 'strings' },
  ChangeMessageVisibilityBatchRequestEntry: { member: 'Entries', kind: 'structures' },
  DeleteMessageBatchRequestEntry: { member: 'Entries', kind: 'structures' },
  MessageAttribute: { member: 'MessageAttributes', kind: 'map', key: 'Name', value: 'Value' },
  MessageAttributeName: { member: 'MessageAttributeNames', kind: 'strings' },
  MessageSystemAttribute: { member: 'MessageSystemAttributes', kind: 'map', key: 'Name', value: 'Value' },
  MessageSystemAttributeName: { member: 'MessageSystemAttributeNames', kind: 'strings' },
  SendMessageBatchRequestEntry: { member: 'Entries', kind: 'structures' },
  Tag: { member: 'Tags', kind: 'map', key: 'Key', value: 'Value' },
  TagKey: { member: 'TagKeys', kind: 'strings' },
};

/** Members of an answer that are repeated elements in XML → that element; maps name their key and value. */
const ELEMENTS: Readonly<Record<string, readonly [name: string, key?: string, value?: string]>> = {
  Attributes: ['Attribute', 'Name', 'Value'],
  Failed: ['BatchResultErrorEntry'],
  MessageAttributes: ['MessageAttribute', 'Name', 'Value'],
  Messages: ['Message'],
  QueueUrls: ['QueueUrl'],
  Results: ['ListMessageMoveTasksResultEntry'],
  Tags: ['Tag', 'Key', 'Value'],
  queueUrls: ['QueueUrl'],
};

function isJsonCall(request: AwsRequest): boolean {
  return request.headers['x-amz-target'] !== undefined;
}

export async function readCall(request: AwsRequest): Promise<Call> {
  const target = request.headers['x-amz-target'];
  if (target === undefined) return readQueryCall(request);
  if (!target.startsWith(TARGET))
    throw sqsError('NotImplemented', `The target ${target} is not an operation of SQS.`);
  const text = await readBody(request.body);
  let input: unknown;
  try {
    input = JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw sqsError('SerializationException', `The request is not JSON: ${text.slice(0, 80)}`);
  }
  if (!isRecord(input)) throw sqsError('SerializationException', 'The request is not a JSON object.');
  // CreateQueue alone spells it in lower case.
  const tags = input.tags ?? input.Tags;
  return {
    action: target.slice(TARGET.length),
    input: tags === undefined ? input : { ...input, Tags: tags },
  };
}

export function renderResult(
  request: AwsRequest,
  action: string,
  result: Readonly<Record<string, unknown>> | undefined,
): AwsResponse {
  if (isJsonCall(request))
    return { status: 200, headers: jsonHeaders(request), body: JSON.stringify(result ?? {}) };
  const elements = result && toElements(result, action);
  return {
    status: 200,
    headers: xmlHeaders(request),
    body: renderResponse(action, NAMESPACE, elements, request.requestId),
  };
}

export function renderError(request: AwsRequest, error: AwsError): AwsResponse {
  const { status, message } = error;
  const code = queryCodeOf(error.code);
  if (!isJsonCall(request))
    return {
      status,
      headers: xmlHeaders(request),
      body: renderErrorResponse({ code, status, message }, NAMESPACE, request.requestId),
    };
  // Clients that were written for the query protocol read its code from the header.
  const queryError = `${code};${status < 500 ? 'Sender' : 'Receiver'}`;
  return {
    status,
    headers: { ...jsonHeaders(request), 'x-amzn-query-error': queryError },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${error.code}`, message }),
  };
}

async function readQueryCall(request: AwsRequest): Promise<Call> {
  const form = await readForm(request);
  const action = form.get('Action');
  if (action === null) throw sqsError('MissingParameter', 'The request must contain the parameter Action.');
  const input = toInput(nestForm(form));
  // The oldest clients name the queue by the path alone.
  const isQueuePath = /^\/[^/]+\/[^/]+$/.test(request.path);
  return {
    action,
    input: isQueuePath && input.QueueUrl === undefined ? { ...input, QueueUrl: request.path } : input,
  };
}

function toInput(node: FormNode): Input {
  if (!(node instanceof Map)) return {};
  return Object.fromEntries(
    [...node].map(([name, value]) => {
      const shape = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
      if (typeof value === 'string' || shape === undefined)
        return [name, typeof value === 'string' ? value : toInput(value)];
      if (shape.kind === 'map') return [shape.member, toMap(value, shape.key, shape.value)];
      const items = listItems(value);
      return [shape.member, shape.kind === 'strings' ? items : items.map(toInput)];
    }),
  );
}

function toMap(node: FormNode, key: string, value: string): Input {
  return Object.fromEntries(
    listItems(node).map((item) => {
      const entry = item instanceof Map ? item : new Map<string, FormNode>();
      const held = entry.get(value) ?? '';
      return [String(entry.get(key) ?? ''), typeof held === 'string' ? held : toInput(held)];
    }),
  );
}

function toElements(members: Readonly<Record<string, unknown>>, action: string): XmlElement[] {
  return Object.entries(members).flatMap(([member, value]): XmlElement[] => {
    const [name, key, held] =
      member === 'Successful' ? [`${action}ResultEntry`] : (ELEMENTS[member] ?? [member]);
    if (Array.isArray(value)) return value.map((item) => [name, toXmlValue(item, action)]);
    if (isRecord(value) && key !== undefined && held !== undefined)
      return Object.entries(value).map(([one, item]) => [
        name,
        [
          [key, one],
          [held, toXmlValue(item, action)],
        ],
      ]);
    return value === undefined ? [] : [[name, toXmlValue(value, action)]];
  });
}

function toXmlValue(value: unknown, action: string): string | XmlElement[] {
  return isRecord(value) ? toElements(value, action) : String(value);
}

function jsonHeaders({ requestId }: AwsRequest): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId };
}

function xmlHeaders({ requestId }: AwsRequest): Record<string, string> {
  return { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
}
