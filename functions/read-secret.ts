import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Ms, retries included: whoever waits for it has something to tell. */
const LONGEST = 3_000;

/** Made where one is read: most deployments have no secret. */
let client: SecretsManagerClient | undefined;

/** The text of a secret. @param stage left out: the current one @throws what the SDK throws; Error where it holds no text */
export async function readSecret(arn: string, stage?: 'AWSPREVIOUS'): Promise<string> {
  client ??= new SecretsManagerClient();
  const { SecretString } = await client.send(
    new GetSecretValueCommand({ SecretId: arn, VersionStage: stage }),
    { abortSignal: AbortSignal.timeout(LONGEST) },
  );
  if (SecretString === undefined) throw new Error(`the secret ${arn} holds no text`);
  return SecretString;
}
