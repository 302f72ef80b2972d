/** Object tags. They are kept beside the object and never touch its bytes. */
import { text } from 'node:stream/consumers';
import type { AwsResponse } from '../contract.ts';
import type { S3Context, S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { requireObject } from './read-object.ts';
import { versionHeaders } from './versions.ts';
import { commitTags } from './write-object.ts';
import { childrenOf, element, malformedXml, parent, parseXml, textOf, xmlResponse } from './xml.ts';

type Tags = Readonly<Record<string, string>>;

const MAX_TAGS = 10;
const MAX_KEY = 128;
const MAX_VALUE = 256;

export function getObjectTagging(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, object } = requireObject(context, request);
  const set = Object.entries(object.tags).map(([key, value]) =>
    parent('Tag', element('Key', key), element('Value', value)),
  );
  return xmlResponse('Tagging', [parent('TagSet', ...set)], versionHeaders(bucket, object));
}

export async function putObjectTagging(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const document = parseXml(await text(request.body), 'Tagging');
  const set = childrenOf(document, 'TagSet')[0];
  if (set === undefined) throw malformedXml('Tagging has no TagSet');
  const tags = checkTags(
    childrenOf(set, 'Tag').map((tag) => {
      const key = textOf(tag, 'Key');
      const value = textOf(tag, 'Value');
      if (key === undefined || value === undefined) throw malformedXml('a Tag needs a Key and a Value');
      return [key, value];
    }),
  );
  const { bucket, object } = requireObject(context, request);
  commitTags(context, object, tags, request.requestId);
  return { status: 200, headers: versionHeaders(bucket, object) };
}

export function deleteObjectTagging(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, object } = requireObject(context, request);
  commitTags(context, object, {}, request.requestId);
  return { status: 204, headers: versionHeaders(bucket, object) };
}

/** The tags of an x-amz-tagging header, written as a query. @throws S3Error InvalidTag */
export function readTagHeader(header: string | undefined): Tags {
  return checkTags([...new URLSearchParams(header ?? '')]);
}

function checkTags(pairs: readonly (readonly [string, string])[]): Tags {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  if (pairs.length > MAX_TAGS)
    throw invalidTag(`Object tags cannot be greater than ${MAX_TAGS}: ${pairs.length}`);
  for (const [key, value] of pairs) {
    if (key === '' || key.length > MAX_KEY)
      throw invalidTag(`The TagKey you have provided is invalid: ${JSON.stringify(key)}`);
    if (value.length > MAX_VALUE)
      throw invalidTag(`The TagValue you have provided is invalid: ${JSON.stringify(value)}`);
    if (key in tags)
      throw invalidTag(`Cannot provide multiple Tags with the same key: ${JSON.stringify(key)}`);
    tags[key] = value;
  }
  return tags;
}

function invalidTag(message: string): S3Error {
  return new S3Error('InvalidTag', message);
}
