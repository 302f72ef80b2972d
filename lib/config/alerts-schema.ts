/** `spec.alerts`: how people hear of a detector's incidents. */
import * as z from 'zod';
import { readDailyTime } from './daily-time.ts';

export interface ManifestAlerts {
  readonly digest?: string | undefined;
}

const DAILY = 'must be a time of day in quotes, such as "08:00" (UTC) or "08:00 Europe/Berlin"';

export const alertsSchema: z.ZodType<ManifestAlerts> = z.strictObject(
  {
    digest: z
      .string({ error: DAILY })
      .refine((given) => readDailyTime(given) !== undefined, { error: DAILY })
      .optional()
      .describe(
        'Its incidents are told of once a day, together, at this time of UTC or of the zone behind it; a critical one at once, as ever. Left out: each by itself.',
      ),
  },
  { error: 'must be a map with digest' },
);
