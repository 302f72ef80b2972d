import { ArtifactError } from '../../base/errors.ts';
import type { StoreContext } from '../shared/context.ts';

/**
 * Telling people matters more than the record of it. A record that cannot be read, such as one of a newer release, is left as
 * it is, logged and counted, and the message still goes out.
 *
 * @param record writes the object at `key`; what it throws other than ArtifactError is thrown
 */
export async function keepRecord(
  { telemetry }: Pick<StoreContext, 'telemetry'>,
  { detector, key }: { readonly detector: string; readonly key: string },
  record: () => Promise<void>,
): Promise<void> {
  try {
    await record();
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    telemetry.error('record left as it is', { detector, key, reason: error.message });
    telemetry.count('DetectorsFailed', 1, { detector });
  }
}
