import { ConnectionError, SettingError } from '../base/errors.ts';

/** System calls that end before anybody was asked. */
const REACHES: readonly unknown[] = ['connect', 'getaddrinfo'];

/** What the AWS SDK says where nobody told it who and where, or where nobody is there: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
export function explainEnvironment(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'CredentialsProviderError')
    return new SettingError(
      'no-credentials',
      'AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, are not set: who asks the bucket',
      { cause: error },
    );
  if (error.message === 'Region is missing')
    return new SettingError('no-region', 'AWS_REGION is not set: where the bucket is', { cause: error });
  const refused = findRefused(error);
  if (refused !== undefined)
    return new ConnectionError(
      'no-connection',
      `the bucket cannot be reached (${refused.message}): its address is that of AWS_ENDPOINT_URL, where an emulator has to run (npm run emulator), or without it that of AWS in AWS_REGION`,
      { cause: error },
    );
  return error;
}

/** Sources and receivers have errors of their own: what comes as the system says it is of the AWS SDK. */
function findRefused(error: Error): Error | undefined {
  // A name with several addresses, of which none answered.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error && 'syscall' in first && REACHES.includes(first.syscall) ? first : undefined;
}
