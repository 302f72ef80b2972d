/**
 * Where the bytes of objects lie. A write goes to `.content/ID` first and is flushed; the index's commit then makes
 * it an object; then the file is renamed to `BUCKET/KEY`, where people and DuckDB find it. Whatever a kill leaves
 * undone is done at the next start: content that the index names is moved, content that it does not name is
 * deleted. A key that cannot be a path (or collides with one) keeps its content under `.content`.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface ContentFile {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
}

export interface ContentFolder {
  /** Keeps what `chunks` yields, flushed to disk; `onChunk` sees each chunk. Nothing stays where it throws. */
  write(
    chunks: AsyncIterable<Uint8Array>,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<{ content: string; size: number }>;
  /** Moves content to its file in the bucket's folder. Where the file system refuses, it stays readable here. */
  place(content: string, bucket: string, file: string): void;
  /**
   * Undoes `place`, flushed to disk: the content makes room for another, and stays. Nothing happens where somebody
   * removed the file by hand, or put a folder there.
   */
  takeBack(content: string, bucket: string, file: string): void;
  /** Deletes content that no object holds any more, unless it was placed. */
  discard(content: string): void;
  /** Deletes a placed file and the folders that are empty without it; false where the file system refuses for now. */
  remove(bucket: string, file: string): boolean;
  /** The caller closes it. @throws Error where the file is gone */
  open(content: string, bucket: string, file: string | undefined): ContentFile;
  /** Content that is not placed. */
  list(): string[];
  addBucket(bucket: string): void;
  /** Deletes the bucket's folder; files of other origin stay where they are. */
  removeBucket(bucket: string): void;
}

/** Longest file name that common file systems take, bytes. */
const MAX_SEGMENT = 255;
/** Longest path under a bucket that is still comfortable below every system's limit, bytes. */
const MAX_PATH = 700;
/** What Windows refuses in a name, and every control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f<>:"\\|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @param root is created where it is missing */
export function openContentFolder(root: string): ContentFolder {
  const folder = join(root, '.content');
  mkdirSync(folder, { recursive: true });
  const pathOf = (content: string): string => join(folder, content);
  return {
    async write(chunks, onChunk) {
      const content = randomUUID();
      const handle = await open(pathOf(content), 'wx');
      try {
        const size = await writeAll(handle, chunks, onChunk);
        await handle.sync();
        await handle.close();
        await syncFolder(folder);
        return { content, size };
      } catch (error) {
        await handle.close().catch(() => {});
        rmSync(pathOf(content), { force: true });
        throw error;
      }
    },
    place(content, bucket, file) {
      const target = join(root, bucket, file);
      try {
        mkdirSync(dirname(target), { recursive: true });
        renameSync(pathOf(content), target);
      } catch {
        // A folder of the user's stands in the way, or the name is one that this file system refuses.
      }
    },
    takeBack(content, bucket, file) {
      const source = join(root, bucket, file);
      const isFile = statSync(source, { throwIfNoEntry: false })?.isFile() ?? false;
      if (!isFile || existsSync(pathOf(content))) return;
      renameSync(source, pathOf(content));
      // Else a power cut could leave the file where the next content is moved over it.
      flushFolder(folder);
    },
    // What cannot be deleted now is swept at the next start.
    discard: (content) => void removeFile(pathOf(content)),
    remove(bucket, file) {
      if (!removeFile(join(root, bucket, file))) return false;
      for (let path = dirname(file); path !== '.'; path = dirname(path)) {
        if (!removeEmptyFolder(join(root, bucket, path))) break;
      }
      return true;
    },
    open(content, bucket, file) {
      const fd = openEither(pathOf(content), file === undefined ? undefined : join(root, bucket, file));
      return { fd, size: fstatSync(fd).size };
    },
    list: () => readdirSync(folder),
    addBucket: (bucket) => void mkdirSync(join(root, bucket), { recursive: true }),
    removeBucket: (bucket) => void removeEmptyFolder(join(root, bucket)),
  };
}

/** The path under the bucket's folder that a key is kept at; undefined where it cannot be one on every system. */
export function pathOfKey(key: string): string | undefined {
  if (Buffer.byteLength(key) > MAX_PATH) return undefined;
  const plain = key
    .split('/')
    .every((segment) => segment !== '' && Buffer.byteLength(segment) <= MAX_SEGMENT && !UNSAFE.test(segment));
  return plain ? key : undefined;
}

async function writeAll(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) {
    onChunk(chunk);
    for (let written = 0; written < chunk.length; )
      written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
    size += chunk.length;
  }
  return size;
}

function openEither(content: string, file: string | undefined): number {
  try {
    return openSync(content, 'r');
  } catch (error) {
    if (file === undefined) throw error;
    return openSync(file, 'r');
  }
}

/** A new name lasts through a power cut once its folder is flushed; Windows cannot and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** True once no file stands there. A folder of that name is the user's own, and stays. */
function removeFile(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true;
  }
}

function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

export function closeContent(file: ContentFile): void {
  closeSync(file.fd);
}
