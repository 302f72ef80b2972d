/**
 * Lifecycle rules, held against what S3 takes. They are kept as they came, and nothing carries them out.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
import { S3Error } from './errors.ts';
import { makeId } from './object-id.ts';
import { checkChildren, childrenOf, malformedXml, textOf, type XmlNode } from './xml.ts';

const MAX_RULES = 1000;
const MAX_ID = 255;
const MAX_NEWER_VERSIONS = 100;
const CLASSES: readonly string[] = [
  'GLACIER',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];
/** Classes that take nothing younger than 30 days. */
const INFREQUENT: ReadonlySet<string> = new Set(['STANDARD_IA', 'ONEZONE_IA']);
const INFREQUENT_DAYS = 30;
const CONDITIONS: readonly string[] = ['Prefix', 'Tag', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'];
const ACTIONS: readonly string[] = [
  'Expiration',
  'Transition',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionTransition',
  'AbortIncompleteMultipartUpload',
];

/** The rules of a LifecycleConfiguration, each with an id. @throws S3Error MalformedXML, InvalidArgument, InvalidRequest */
export function readLifecycle(document: XmlNode): XmlNode[] {
  checkChildren(document, ['Rule']);
  const rules = childrenOf(document, 'Rule').map(readRule);
  if (rules.length === 0 || rules.length > MAX_RULES)
    throw malformedXml(`${rules.length} rules, not 1 to ${MAX_RULES}`);
  const ids = rules.map((rule) => textOf(rule, 'ID') ?? '');
  const twice = ids.find((id, position) => ids.indexOf(id) !== position);
  if (twice !== undefined)
    throw invalid(`Rule ID must be unique. Found same ID for more than one rule: ${JSON.stringify(twice)}`);
  return rules;
}

function readRule(rule: XmlNode): XmlNode {
  checkChildren(rule, ['ID', 'Status', 'Prefix', 'Filter', ...ACTIONS]);
  const status = textOf(rule, 'Status');
  if (status !== 'Enabled' && status !== 'Disabled')
    throw malformedXml(`Status must be Enabled or Disabled, not ${status}`);
  const id = textOf(rule, 'ID') ?? '';
  if (id.length > MAX_ID)
    throw invalid(`ID length should not exceed allowed limit of ${MAX_ID}: ${id.length}`);
  const filters = [...childrenOf(rule, 'Filter'), ...childrenOf(rule, 'Prefix')];
  if (filters.length !== 1) throw malformedXml(`a Rule needs one Filter or Prefix, not ${filters.length}`);
  const conditions = childrenOf(rule, 'Filter').flatMap(readFilter);
  if (!ACTIONS.some((action) => childrenOf(rule, action).length > 0))
    throw new S3Error('InvalidRequest', 'At least one action needs to be specified in a rule.');
  checkActions(rule, conditions);
  return { ...(rule as object), ID: id === '' ? makeId() : id };
}

/** Names of the conditions. */
function readFilter(filter: XmlNode): string[] {
  checkChildren(filter, [...CONDITIONS, 'And']);
  const and = childrenOf(filter, 'And');
  const alone = CONDITIONS.filter((name) => childrenOf(filter, name).length > 0);
  if (alone.length + and.length > 1 || and.length > 1)
    throw malformedXml('a Filter holds one condition, or several within And');
  for (const node of and) checkChildren(node, CONDITIONS);
  const where = and[0] ?? filter;
  for (const tag of childrenOf(where, 'Tag'))
    if (!textOf(tag, 'Key') || textOf(tag, 'Value') === undefined)
      throw malformedXml('a Tag needs a Key and a Value');
  for (const name of ['ObjectSizeGreaterThan', 'ObjectSizeLessThan']) readNumber(where, name, 0);
  const conditions = CONDITIONS.filter((name) => childrenOf(where, name).length > 0);
  const count = conditions.reduce((sum, name) => sum + childrenOf(where, name).length, 0);
  if (and.length > 0 && count < 2) throw malformedXml(`And holds ${count} conditions, not two or more`);
  return conditions;
}

function checkActions(rule: XmlNode, conditions: readonly string[]): void {
  const narrow = conditions.some((name) => name !== 'Prefix');
  const expiration = childrenOf(rule, 'Expiration')[0];
  const expirationDays = expiration === undefined ? undefined : checkExpiration(expiration, narrow);
  for (const transition of childrenOf(rule, 'Transition')) {
    const days = checkTransition(transition);
    if (days !== undefined && expirationDays !== undefined && expirationDays <= days)
      throw invalid(
        `'Days' in the Expiration action must be greater than 'Days' in the Transition action: ${expirationDays} against ${days}`,
      );
  }
  for (const noncurrent of childrenOf(rule, 'NoncurrentVersionExpiration')) {
    checkChildren(noncurrent, ['NoncurrentDays', 'NewerNoncurrentVersions']);
    checkNoncurrent(noncurrent, 1);
  }
  for (const noncurrent of childrenOf(rule, 'NoncurrentVersionTransition')) {
    checkChildren(noncurrent, ['NoncurrentDays', 'NewerNoncurrentVersions', 'StorageClass']);
    checkNoncurrent(noncurrent, leastDays(noncurrent));
  }
  for (const abort of childrenOf(rule, 'AbortIncompleteMultipartUpload')) {
    checkChildren(abort, ['DaysAfterInitiation']);
    if (readNumber(abort, 'DaysAfterInitiation', 1) === undefined)
      throw malformedXml('AbortIncompleteMultipartUpload has no DaysAfterInitiation');
    if (narrow)
      throw new S3Error(
        'InvalidRequest',
        'AbortIncompleteMultipartUpload cannot be specified with Tags or object sizes.',
      );
  }
}

/** Days, where it is by days. */
function checkExpiration(expiration: XmlNode, narrow: boolean): number | undefined {
  checkChildren(expiration, ['Days', 'Date', 'ExpiredObjectDeleteMarker']);
  const given = ['Days', 'Date', 'ExpiredObjectDeleteMarker'].filter(
    (name) => childrenOf(expiration, name).length > 0,
  );
  if (given.length !== 1) throw malformedXml(`Expiration is of one kind, not ${given.length}`);
  checkDate(expiration);
  const marker = textOf(expiration, 'ExpiredObjectDeleteMarker');
  if (marker !== undefined && marker !== 'true' && marker !== 'false')
    throw malformedXml(`ExpiredObjectDeleteMarker is true or false, not ${marker}`);
  if (marker !== undefined && narrow)
    throw new S3Error(
      'InvalidRequest',
      'ExpiredObjectDeleteMarker cannot be specified with Tags or object sizes.',
    );
  return readNumber(expiration, 'Days', 1);
}

/** Days, where it is by days. */
function checkTransition(transition: XmlNode): number | undefined {
  checkChildren(transition, ['Days', 'Date', 'StorageClass']);
  const given = ['Days', 'Date'].filter((name) => childrenOf(transition, name).length > 0);
  if (given.length !== 1)
    throw malformedXml(`Transition has either Days or Date, not ${given.length} of them`);
  checkDate(transition);
  return readNumber(transition, 'Days', leastDays(transition));
}

function checkNoncurrent(node: XmlNode, least: number): void {
  if (readNumber(node, 'NoncurrentDays', least) === undefined)
    throw malformedXml('an action on noncurrent versions has no NoncurrentDays');
  const newer = readNumber(node, 'NewerNoncurrentVersions', 1);
  if (newer !== undefined && newer > MAX_NEWER_VERSIONS)
    throw invalid(`NewerNoncurrentVersions must be 1 to ${MAX_NEWER_VERSIONS}, not ${newer}`);
}

function leastDays(transition: XmlNode): number {
  const storageClass = textOf(transition, 'StorageClass') ?? '';
  if (!CLASSES.includes(storageClass))
    throw malformedXml(`StorageClass must be one of ${CLASSES.join(', ')}, not ${storageClass}`);
  return INFREQUENT.has(storageClass) ? INFREQUENT_DAYS : 0;
}

/** Midnight in UTC. */
function checkDate(node: XmlNode): void {
  const date = textOf(node, 'Date');
  if (date === undefined) return;
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|\+00:00)?)?$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time)) throw malformedXml(`Date is no ISO 8601 date: ${date}`);
  if (time % 86_400_000 !== 0) throw invalid(`'Date' must be at midnight GMT: ${date}`);
}

/** Undefined where it is not given. @throws S3Error MalformedXML, InvalidArgument */
function readNumber(node: XmlNode, name: string, least: number): number | undefined {
  const text = textOf(node, name)?.trim();
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw malformedXml(`${name} is no whole number: ${text}`);
  const number = Number(text);
  if (number >= least && number < 2 ** 31 * (name.startsWith('ObjectSize') ? 2 ** 20 : 1)) return number;
  throw invalid(`'${name}' must be a whole number of at least ${least}, not ${text}`);
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidArgument', message);
}
