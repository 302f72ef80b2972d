/** The errors of SNS by the codes of its query protocol. */
import { AwsError } from '../contract.ts';

const STATUSES: Readonly<Record<string, number>> = {
  BatchEntryIdsNotDistinct: 400,
  BatchRequestTooLong: 400,
  EmptyBatchRequest: 400,
  InvalidBatchEntryId: 400,
  InvalidParameter: 400,
  NotFound: 404,
  NotImplemented: 501,
  ParameterValueInvalid: 400,
  ResourceNotFound: 404,
  TooManyEntriesInBatchRequest: 400,
};

export function snsError(code: string, message: string): AwsError {
  return new AwsError(code, STATUSES[code] ?? 500, message);
}

/** Worded as SNS words it, with the value that was sent. */
export function invalidParameter(name: string, reason: string): AwsError {
  return snsError('InvalidParameter', `Invalid parameter: ${name} Reason: ${reason}`);
}
