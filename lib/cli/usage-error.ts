import { TidewatchError } from '../base/errors.ts';

/** The command line cannot be used as it is. */
export class UsageError extends TidewatchError {
  constructor(message: string) {
    super('usage', message);
  }
}
