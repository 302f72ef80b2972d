/** A receipt handle names one receive of one message. It carries all it needs, so it outlives a restart. */
import { sqsError } from './errors.ts';

export interface Receipt {
  readonly queue: string;
  readonly messageId: string;
  /** The message's receive count after that receive. */
  readonly receive: number;
}

export function encodeReceipt({ queue, messageId, receive }: Receipt): string {
  return Buffer.from(`${queue} ${messageId} ${receive}`).toString('base64');
}

/** @throws ReceiptHandleIsInvalid for anything that `queue` never gave out */
export function decodeReceipt(handle: string, queue: string): Receipt {
  const parts = Buffer.from(handle, 'base64').toString().split(' ');
  const [name, messageId, receive] = parts;
  const receipt = { queue: name ?? '', messageId: messageId ?? '', receive: Number(receive) };
  if (parts.length === 3 && name === queue && encodeReceipt(receipt) === handle) return receipt;
  throw sqsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not one of queue ${queue}.`,
  );
}
