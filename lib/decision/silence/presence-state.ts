/** What training heard, as a version keeps it. */
import * as z from 'zod';
import { ArtifactError } from '../../base/errors.ts';
import type { UsualPresence, UsualUnit } from './contract.ts';

interface StoredPresence extends Omit<UsualPresence, 'units'> {
  readonly formatVersion: 1;
  readonly units: readonly (UsualUnit & { readonly name: string })[];
}

const gap = z.number().min(0).nullable();

/** A list of workloads and not a map: one may be called "__proto__". */
const stored: z.ZodType<StoredPresence> = z
  .looseObject({
    formatVersion: z.literal(1),
    metrics: z.array(z.string()),
    sourceGap: z.number().min(0),
    everyone: z.array(gap),
    units: z.array(
      z.looseObject({ name: z.string(), gap, pause: z.number().min(0).optional(), metrics: z.array(gap) }),
    ),
  })
  .refine(
    ({ metrics, everyone, units }) =>
      [everyone, ...units.map((unit) => unit.metrics)].every(({ length }) => length === metrics.length),
    { error: 'a list of gaps is not as long as the list of metrics' },
  );

/** Plain data; the same presence gives the same bytes. */
export function savePresence({ units, ...presence }: UsualPresence): StoredPresence {
  return {
    formatVersion: 1,
    ...presence,
    units: Array.from(units, ([name, unit]) => ({ name, ...unit })),
  };
}

/** @throws ArtifactError where it is not of this format */
export function loadPresence(raw: unknown, what: string): UsualPresence {
  const result = stored.safeParse(raw);
  if (!result.success)
    throw new ArtifactError('bad-presence', `${what}: ${z.prettifyError(result.error)}`, {
      cause: result.error,
    });
  const { metrics, sourceGap, everyone, units } = result.data;
  return {
    metrics,
    sourceGap,
    everyone,
    units: new Map(units.map(({ name, ...unit }) => [name, unit])),
  };
}
