/** Email without a mail server: each message is a file that any mail program opens. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../sqs/journal.ts';
import { textFor, unsubscribeUrl } from './envelope.ts';
import type { Delivery, Subscription } from './store.ts';

const SENDER = 'no-reply@sns.invalid';
/** RFC 5322: bytes of a line without its end. */
const MAX_LINE = 998;

/**
 * Writes `<time>-<message id>-<recipient>.eml` in one step; the same delivery writes the same file again.
 * The recipient stands as a digest, since an address may hold any character.
 */
export async function writeEmail(
  outboxDir: string,
  subscription: Subscription,
  delivery: Delivery,
  displayName: string | undefined,
): Promise<string> {
  const { messageId, publishedAt } = delivery.message;
  const recipient = createHash('sha256').update(subscription.arn).digest('hex').slice(0, 8);
  const stamp = new Date(publishedAt).toISOString().replaceAll(/[-:.]/g, '');
  const path = join(outboxDir, `${stamp}-${messageId}-${recipient}.eml`);
  const fresh = `${path}.new`;
  await mkdir(outboxDir, { recursive: true });
  const file = await open(fresh, 'w');
  try {
    await file.writeFile(renderEmail(subscription, delivery, displayName));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await syncFolder(outboxDir);
  return path;
}

function renderEmail(
  subscription: Subscription,
  { message, origin }: Delivery,
  displayName: string | undefined,
): string {
  const text =
    `${textFor(subscription, message)}\n\n--\n` +
    `To stop receiving notifications from this topic, open:\n${unsubscribeUrl(origin, subscription)}\n`;
  // Readable as it stands, unless a line is longer than mail allows.
  const isPlain = text.split('\n').every((line) => Buffer.byteLength(line) <= MAX_LINE);
  const headers = {
    From: `${encodeHeader(displayName ?? 'AWS Notifications')} <${SENDER}>`,
    To: subscription.endpoint,
    Subject: encodeHeader(message.subject ?? 'AWS Notification Message'),
    Date: new Date(message.publishedAt).toUTCString().replace('GMT', '+0000'),
    'Message-ID': `<${message.messageId}@sns.invalid>`,
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Transfer-Encoding': isPlain ? '8bit' : 'base64',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  const body = isPlain ? text : Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n');
  return `${head.join('')}\n${body}`;
}

/** RFC 2047, in words of at most 75 characters, where the text is more than ASCII. */
function encodeHeader(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 42) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join('\n ');
}
