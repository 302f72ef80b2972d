/**
 * What a call needs to be allowed: batches need what one of them needs.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 */
import type { Permissions } from '../contract.ts';
import type { Input } from './input.ts';
import { queueArn } from './store.ts';

/** @throws AwsError AccessDenied */
export function requirePermission(
  permissions: Permissions | undefined,
  region: string,
  action: string,
  input: Input,
): void {
  permissions?.require(`sqs:${action.replace(/Batch$/, '')}`, resourceOf(region, input));
}

function resourceOf(region: string, { QueueUrl, QueueName, SourceArn }: Input): string {
  if (typeof SourceArn === 'string') return SourceArn;
  const name =
    typeof QueueName === 'string'
      ? QueueName
      : String(QueueUrl ?? '*')
          .split('/')
          .at(-1);
  return queueArn(region, name ?? '*');
}
