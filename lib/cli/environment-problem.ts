import { SettingError } from '../base/errors.ts';

/** What the AWS SDK says where nobody told it who and where: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
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
  return error;
}
