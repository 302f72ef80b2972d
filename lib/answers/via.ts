/** How an answer came that nobody gave by a command: what an audit asks for. */
import * as z from 'zod';

export interface Via {
  /** Names the link by which it came, without giving it away; the log has the same name. */
  readonly link: string;
  readonly sourceIp: string;
  readonly userAgent: string;
}

export const viaSchema: z.ZodType<Via> = z.strictObject(
  {
    link: z.string({ error: 'must be text' }),
    sourceIp: z.string({ error: 'must be text' }),
    userAgent: z.string({ error: 'must be text' }),
  } satisfies { readonly [Member in keyof Via]-?: z.ZodType<unknown> },
  { error: 'must be a map with link, sourceIp and userAgent' },
);
