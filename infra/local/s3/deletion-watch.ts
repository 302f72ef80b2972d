/**
 * Conditional writes under way, and whether their key was deleted meanwhile: S3 answers such a write with a conflict
 * even though its condition holds again.
 */
export interface DeletionTicket {
  readonly deleted: boolean;
  close(): void;
}

export interface DeletionWatch {
  open(bucket: string, key: string): DeletionTicket;
  note(bucket: string, key: string): void;
}

export function createDeletionWatch(): DeletionWatch {
  const open = new Map<string, Set<{ deleted: boolean }>>();
  return {
    open(bucket, key) {
      const name = `${bucket}/${key}`;
      const state = { deleted: false };
      const states = open.get(name) ?? new Set();
      open.set(name, states.add(state));
      return {
        get deleted() {
          return state.deleted;
        },
        close() {
          states.delete(state);
          if (states.size === 0) open.delete(name);
        },
      };
    },
    note(bucket, key) {
      for (const state of open.get(`${bucket}/${key}`) ?? []) state.deleted = true;
    },
  };
}
