/**
 * What a call needs to be allowed: a batch needs what one message needs.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
import type { Permissions } from '../contract.ts';
import type { FormNode } from '../sqs/query-protocol.ts';

/** Members that name what a call is about. */
const RESOURCES = ['TopicArn', 'SubscriptionArn', 'ResourceArn', 'TargetArn'] as const;

/** @throws AwsError AuthorizationError */
export function requirePermission(
  permissions: Permissions | undefined,
  action: string,
  input: ReadonlyMap<string, FormNode>,
): void {
  const named = RESOURCES.map((name) => input.get(name)).find((value) => typeof value === 'string');
  permissions?.require(`sns:${action.replace(/Batch$/, '')}`, typeof named === 'string' ? named : '*');
}
