/** What programs may hold an alert against: JSON Schema draft 7, as of the manifest. */
import * as z from 'zod';
import { alertSchema } from './parse-alert.ts';

/** Members that it does not name are allowed: later versions may have them. */
export function alertJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(alertSchema, {
      target: 'draft-7',
      override({ jsonSchema }) {
        // Maps say what their values are; of all else unknown members are allowed, which is JSON Schema's default.
        if (JSON.stringify(jsonSchema.additionalProperties) === '{}') delete jsonSchema.additionalProperties;
      },
    }),
    title: 'Tidewatch alert, format version 1',
  };
}
