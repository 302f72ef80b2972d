/** The events of a change, added to the index in the change's own transaction. */

import type { BucketRecord } from './bucket-table.ts';
import type { S3Context } from './context.ts';
import { matchNotifications, renderEvent, type S3EventName } from './notifications.ts';
import type { Version } from './version-table.ts';

export function addEvents(
  context: S3Context,
  { notifications, versioning }: BucketRecord,
  version: Version,
  event: S3EventName,
  requestId: string,
): void {
  const matching = matchNotifications(notifications, event, version.key);
  if (matching.length === 0) return;
  const sequence = context.index.nextSequence();
  for (const { id, queueArn } of matching) {
    const body = renderEvent({
      version,
      withVersionId: versioning === 'Enabled',
      event,
      configurationId: id,
      requestId,
      sequence,
      region: context.region,
      time: context.now(),
    });
    context.index.addEvent(queueArn, body);
  }
}
