/**
 * The tables of members in docs/artifact-format.md. manifest.json and current.json go by their schemas, the other files by
 * what the code writes of next to nothing. What a member is was written by hand, and is kept.
 */
import { z } from 'zod';
import { DEFAULT_FEATURES } from '../lib/config/feature-settings.ts';
import { savePresence } from '../lib/decision/silence/presence-state.ts';
import { countAllSpans, startOf } from '../lib/evidence/starts.ts';
import { saveEvidence } from '../lib/evidence/state.ts';
import { countComponents, planScan } from '../lib/evidence/statistics.ts';
import { DEMAND_MEANS } from '../lib/expectation/demand.ts';
import { UNMEASURED } from '../lib/expectation/series.ts';
import { saveFeatures } from '../lib/features/feature-state.ts';
import { planFeatures } from '../lib/features/plan.ts';
import { UNMEASURED as UNMEASURED_PROFILE } from '../lib/features/profile.ts';
import { fitScoreTail } from '../lib/maths/score-tail.ts';
import { modelManifestSchema } from '../lib/store/model-manifest.ts';
import { placePart, readDescriptions } from './place-part.ts';

interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

interface Member {
  readonly path: string;
  readonly type: string;
}

/** A table of each of these files. */
export const ARTIFACT_FILES = ['manifest.json', 'features.json', 'evidence.json', 'presence.json'] as const;
type ArtifactFile = (typeof ARTIFACT_FILES)[number];

/** `text` with the members as they are. @throws Error where a mark is missing */
export function placeArtifactDocs(text: string): string {
  return ARTIFACT_FILES.reduce((page, file) => {
    const part = { name: file, script: 'make-artifact-docs.ts' };
    const told = readDescriptions(page, part);
    const rows = listMembers(file).map(
      ({ path, type }) => `| \`${path}\` | ${type} | ${told.get(path) ?? ''} |`,
    );
    return placePart(
      page,
      part,
      ['| member | type | what it is |', '| --- | --- | --- |', ...rows].join('\n'),
    );
  }, text);
}

function listMembers(file: ArtifactFile): readonly Member[] {
  if (file === 'manifest.json')
    return walkSchema(z.toJSONSchema(modelManifestSchema, { unrepresentable: 'any' }) as Schema, '');
  return walkValue(SAMPLES[file](), '');
}

/** Of samples: members that UTC leaves out are listed, too. */
const ZONE = 'Europe/Berlin';

const SAMPLES: Readonly<Record<Exclude<ArtifactFile, 'manifest.json'>, () => object>> = {
  'features.json': () => {
    const plan = planFeatures(['metric'], { settings: { ...DEFAULT_FEATURES, timeZone: ZONE }, step: 0 });
    const columns = plan.columns.map(({ name }) => name);
    const profiles = columns.map(() => UNMEASURED_PROFILE);
    return saveFeatures({
      plan,
      scaler: { kind: 'standard', columns, entities: new Map([['entity', profiles]]), pooled: profiles },
    });
  },
  'evidence.json': () => {
    const plan = planScan(60_000, 10_800_000);
    const series = { ...UNMEASURED, season: { ...UNMEASURED.season, timeZone: ZONE } };
    const spans = new Float32Array(countAllSpans(plan)).fill(1);
    return saveEvidence({
      plan,
      expectation: {
        columns: ['metric'],
        entities: new Map([['entity', [series]]]),
        shortLived: new Map([['workload', [series]]]),
        pooled: [series],
        demandMeans: DEMAND_MEANS,
      },
      tail: fitScoreTail(Float64Array.from({ length: 100 }, (_, row) => row)),
      reach: new Float64Array(countComponents(1, plan)).fill(1),
      pooledReach: new Float64Array(),
      starts: new Map([['workload', startOf([{ low: spans, high: spans }], plan)]]),
    });
  },
  'presence.json': () =>
    savePresence({
      metrics: ['metric'],
      sourceGap: 0,
      everyone: [null],
      units: new Map([['workload', { gap: null, pause: 0, metrics: [null] }]]),
    }),
};

function walkSchema(parent: Schema, prefix: string): readonly Member[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, schema]): readonly Member[] => {
    const path = `${prefix}${name}`;
    const isOptional = parent.required?.includes(name) !== true;
    const each = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    return [
      { path, type: `${typeOf(schema)}${isOptional ? ', optional' : ''}` },
      ...walkSchema(schema, `${path}.`),
      ...walkSchema(schema.items ?? {}, `${path}[].`),
      ...(schema.properties === undefined ? walkSchema(each, `${path}.NAME.`) : []),
    ];
  });
}

function typeOf({ type, items, properties, const: value }: Schema): string {
  if (value !== undefined) return `\`${value}\``;
  if (items !== undefined) return `list of ${typeOf(items)}s`;
  if (type === 'string') return 'text';
  if (type === 'integer') return 'whole number';
  return type === undefined || type === 'object' ? (properties === undefined ? 'map' : 'object') : type;
}

function walkValue(parent: object, prefix: string): readonly Member[] {
  return Object.entries(parent).flatMap(([name, value]): readonly Member[] => {
    // What a column is made of has members by its kind: docs/features.md.
    if (name === 'source') return [{ path: `${prefix}${name}`, type: 'object' }];
    const path = `${prefix}${name}`;
    if (Array.isArray(value)) {
      const [first] = value;
      return [
        { path, type: first === undefined ? 'list' : `list of ${typeOfValue(first)}s` },
        ...(isObject(first) ? walkValue(first, `${path}[].`) : []),
      ];
    }
    return [{ path, type: typeOfValue(value) }, ...(isObject(value) ? walkValue(value, `${path}.`) : [])];
  });
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'number or null';
  if (typeof value === 'string') return 'text';
  return typeof value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
