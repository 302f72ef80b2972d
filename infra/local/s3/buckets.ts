/** S3: the service behind the frame, and what the other services call in process. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AwsRequest, AwsResponse, Buckets, EmulatorOptions, Queues } from '../contract.ts';
import {
  addBucket,
  checkOwner,
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketNotification,
  getBucketVersioning,
  headBucket,
  listBuckets,
  putBucketNotification,
  putBucketVersioning,
  storeNotifications,
} from './bucket-operations.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { openCompletionTable } from './completion-table.ts';
import { openContentFolder } from './content-folder.ts';
import { type Operation, requireBucket, type S3Context } from './context.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { createDeletionWatch } from './deletion-watch.ts';
import { createEventOutbox } from './event-outbox.ts';
import { openIndex } from './index-database.ts';
import { deleteBucketLifecycle, getBucketLifecycle, putBucketLifecycle } from './lifecycle-operations.ts';
import { listMultipartUploads, listParts } from './list-uploads.ts';
import { listObjectVersions } from './list-versions.ts';
import { listObjects, listObjectsV2 } from './listing.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart.ts';
import { nameNotifications } from './notifications.ts';
import { getObjectAttributes } from './object-attributes.ts';
import { requireMissingKnown, requirePermissions } from './permissions.ts';
import { copyObject, putObject } from './put-object.ts';
import { getObject, headObject } from './read-object.ts';
import { createRequestCounts } from './request-counts.ts';
import { findOperation, findTarget, type OperationName } from './route.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './tagging.ts';
import { openUploadTable } from './upload-table.ts';
import { openVersionTable } from './version-table.ts';

export type BucketsOptions = Pick<EmulatorOptions, 'dataDir' | 'region' | 'now' | 'log'> & {
  readonly queues: Pick<Queues, 'send'>;
};

const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteBucketLifecycle: deleteBucketLifecycle,
  DeleteObject: deleteObject,
  DeleteObjectTagging: deleteObjectTagging,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetBucketLifecycleConfiguration: getBucketLifecycle,
  GetBucketNotificationConfiguration: getBucketNotification,
  GetBucketVersioning: getBucketVersioning,
  GetObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutBucketLifecycleConfiguration: putBucketLifecycle,
  PutBucketNotificationConfiguration: putBucketNotification,
  PutBucketVersioning: putBucketVersioning,
  PutObject: putObject,
  PutObjectTagging: putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};

/**
 * Opens `dataDir/s3`, finishes what a kill left undone, and sends the events that were not sent yet.
 * @throws Error where another emulator uses the folder
 */
export function createBuckets({ dataDir, region, now, log, queues }: BucketsOptions): Buckets {
  const root = join(dataDir, 's3');
  mkdirSync(root, { recursive: true });
  const index = openIndex(join(root, '.index.sqlite'));
  const outbox = createEventOutbox(index, queues, log);
  const content = openContentFolder(root);
  const versions = openVersionTable(index.database);
  const uploads = openUploadTable(index.database);
  const deletions = createDeletionWatch();
  const completions = openCompletionTable(index.database);
  const tables = { index, versions, uploads, completions };
  const context: S3Context = { ...tables, content, deletions, outbox, queues, region, now, log };
  const counts = createRequestCounts();
  recover(context);
  outbox.wake();
  return {
    handle: async (request) => handle(context, request, (operation) => counts.add(request, operation)),
    listCounts: counts.list,
    async create(name) {
      addBucket(context, name);
    },
    async setNotifications(name, notifications) {
      const named = nameNotifications(notifications);
      // The same template is deployed at every start; the queues need no test event each time.
      if (JSON.stringify(named) === JSON.stringify(requireBucket(context, name).notifications)) return;
      await storeNotifications(context, name, named, randomBytes(8).toString('hex').toUpperCase());
    },
    async close() {
      await outbox.close();
      index.close();
    },
  };
}

async function handle(
  context: S3Context,
  request: AwsRequest,
  count: (operation: OperationName) => void,
): Promise<AwsResponse> {
  const target = findTarget(request);
  checkOwner(request.headers);
  const operation = findOperation(request, target);
  count(operation);
  const call = { ...request, ...target };
  requirePermissions(call, operation);
  try {
    return await OPERATIONS[operation](context, call);
  } catch (error) {
    requireMissingKnown(call, error);
    throw error;
  }
}

/** Finishes or forgets what was under way when the process ended. */
function recover({ index, content, log }: S3Context): void {
  for (const { name } of index.listBuckets()) content.addBucket(name);
  for (const path of index.listRemovals()) {
    const slash = path.indexOf('/');
    if (content.remove(path.slice(0, slash), path.slice(slash + 1))) index.deleteRemoval(path);
  }
  let swept = 0;
  for (const name of content.list()) {
    const object = index.findObjectByContent(name);
    if (object?.file !== undefined) content.place(name, object.bucket, object.file);
    if (index.hasContent(name)) continue;
    content.discard(name);
    swept++;
  }
  if (swept > 0) log(`s3: swept ${swept} unfinished writes`);
}
