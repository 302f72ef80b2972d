/** The errors of SQS by the names of its JSON protocol, with what the older query protocol calls them. */
import { AwsError } from '../contract.ts';

/** Code of the JSON protocol → HTTP status and code of the query protocol (SQS's own service model). */
const ERRORS = {
  BatchEntryIdsNotDistinct: [400, 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct'],
  BatchRequestTooLong: [400, 'AWS.SimpleQueueService.BatchRequestTooLong'],
  EmptyBatchRequest: [400, 'AWS.SimpleQueueService.EmptyBatchRequest'],
  InvalidAttributeName: [400, 'InvalidAttributeName'],
  InvalidAttributeValue: [400, 'InvalidAttributeValue'],
  InvalidBatchEntryId: [400, 'AWS.SimpleQueueService.InvalidBatchEntryId'],
  InvalidMessageContents: [400, 'InvalidMessageContents'],
  InvalidParameterValue: [400, 'InvalidParameterValue'],
  MessageNotInflight: [400, 'AWS.SimpleQueueService.MessageNotInflight'],
  MissingParameter: [400, 'MissingParameter'],
  NotImplemented: [501, 'NotImplemented'],
  OverLimit: [403, 'OverLimit'],
  QueueDoesNotExist: [400, 'AWS.SimpleQueueService.NonExistentQueue'],
  QueueNameExists: [400, 'QueueAlreadyExists'],
  ReceiptHandleIsInvalid: [404, 'ReceiptHandleIsInvalid'],
  RequestEntityTooLarge: [413, 'RequestEntityTooLarge'],
  ResourceNotFoundException: [404, 'ResourceNotFoundException'],
  SerializationException: [400, 'SerializationException'],
  TooManyEntriesInBatchRequest: [400, 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest'],
  UnsupportedOperation: [400, 'AWS.SimpleQueueService.UnsupportedOperation'],
} as const;

export type SqsErrorCode = keyof typeof ERRORS;

export function sqsError(code: SqsErrorCode, message: string): AwsError {
  return new AwsError(code, ERRORS[code][0], message);
}

/** Worded as SQS words it, with the value that was sent. */
export function invalidValue(name: string, value: unknown, reason: string): AwsError {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return sqsError(
    'InvalidParameterValue',
    `Value ${shown} for parameter ${name} is invalid. Reason: ${reason}`,
  );
}

export function queryCodeOf(code: string): string {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as SqsErrorCode][1] : code;
}
