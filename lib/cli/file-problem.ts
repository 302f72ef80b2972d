/** Why a file cannot be read or written, in words in place of the system's. */

/** By the code of the error. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  EACCES: 'you have no right to',
  EEXIST: 'a file is there already',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'what its path goes through is no folder',
  EROFS: 'the disk can only be read',
};

/** A code that is not known here is told as the system tells it. */
export function sayFileProblem(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return REASONS[String(code)] ?? (cause instanceof Error ? cause.message : String(cause));
}
