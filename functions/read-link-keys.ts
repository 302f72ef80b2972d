import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import type { LinkKeys } from '../lib/answers/signed-link.ts';
import { readSecret } from './read-secret.ts';

/** Characters: the template makes one of 64. */
const SHORTEST_KEY = 32;

/** The key of links, and the one before the last rotation. @throws what the SDK throws; Error where one is too short */
export async function readLinkKeys(arn: string): Promise<LinkKeys> {
  const [current, previous] = await Promise.all([readSecret(arn), readPrevious(arn)]);
  for (const key of [current, previous])
    if (key !== undefined && key.length < SHORTEST_KEY)
      throw new Error(
        `the secret ${arn} holds a key of ${key.length} characters; links are signed with ${SHORTEST_KEY} or more`,
      );
  return { current, previous };
}

/** Undefined where there was no rotation yet. */
async function readPrevious(arn: string): Promise<string | undefined> {
  try {
    return await readSecret(arn, 'AWSPREVIOUS');
  } catch (error) {
    if (error instanceof SecretsManagerServiceException && error.name === 'ResourceNotFoundException')
      return undefined;
    throw error;
  }
}
