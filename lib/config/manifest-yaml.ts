/** The text of a manifest as plain data. It may come from anyone who can write to the bucket. */
import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';

export type YamlResult =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** 1 for the first line; undefined where the text has nothing at that path. */
      readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
    }
  | { readonly ok: false; readonly problems: readonly string[]; readonly cause?: unknown };

/** Characters. A manifest with 200 long queries has a tenth of it. */
export const LONGEST_MANIFEST = 1_000_000;
/** Nodes that aliases may stand for, anchors within anchors multiplied. */
const MOST_ALIASES = 100;
/** One mistake in YAML often breaks every line after it. */
const MOST_FAULTS = 3;

/** One document of JSON's types: no other tags, no duplicate keys, aliases bounded. */
export function readYaml(text: string): YamlResult {
  if (text.length > LONGEST_MANIFEST)
    return { ok: false, problems: [`${text.length} characters; a manifest has at most ${LONGEST_MANIFEST}`] };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      schema: 'core',
      resolveKnownTags: false,
      stringKeys: true,
      // The parser would compare every key with every other: `describeRepeatedKeys` does it with a set.
      uniqueKeys: false,
      lineCounter: lines,
    });
    // A tag that is not known is a warning to the parser.
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) return { ok: false, problems: faults.slice(0, MOST_FAULTS).map(describeFault) };
    const repeated = describeRepeatedKeys(document, lines);
    if (repeated.length > 0) return { ok: false, problems: repeated };
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const endless = describeCycle(document, lines);
    if (endless !== undefined) return { ok: false, problems: [endless] };
    return {
      ok: true,
      value,
      lineOf: (path) => {
        const node: unknown = document.getIn(path, true);
        const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
        return Array.isArray(range) ? lines.linePos(Number(range[0])).line : undefined;
      },
    };
  } catch (cause) {
    // Too many aliases, or nesting deeper than the stack.
    return {
      ok: false,
      problems: [`no usable YAML: ${cause instanceof Error ? cause.message : cause}`],
      cause,
    };
  }
}

function describeRepeatedKeys(document: Document.Parsed, lines: LineCounter): readonly string[] {
  const found: string[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && found.length < MOST_FAULTS) {
          const { line, col } = lines.linePos(key.range?.[0] ?? 0);
          found.push(`no valid YAML: Map keys must be unique at line ${line}, column ${col}`);
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** An alias within what it stands for: no data of JSON's types, and nothing that walks it would come to an end. */
function describeCycle(document: Document.Parsed, lines: LineCounter): string | undefined {
  let found: string | undefined;
  visit(document, {
    Alias(_, alias, path) {
      const target = alias.resolve(document);
      if (target === undefined || !path.includes(target)) return undefined;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      found = `no usable YAML: *${alias.source} at line ${line}, column ${col} lies within what it stands for`;
      return visit.BREAK;
    },
  });
  return found;
}

function describeFault({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'several YAML documents; write one detector a file';
  // The lines after the first show the text.
  return `no valid YAML: ${message.split('\n')[0]?.replace(/:$/, '')}`;
}
