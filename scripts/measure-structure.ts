/**
 * Prints what a tree is made of: files, lines, arrows (imports, types included) and circles of `lib/` and `functions/`.
 *
 *     node_modules/.bin/node scripts/measure-structure.ts [ROOT] [--folders] [--small] [--long]
 *
 * ROOT is another checkout, such as `git worktree add /tmp/before REV` makes. --folders lists each folder as well, --small the short files
 * that only one other file imports, --long the functions of more than a hundred lines.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** Lines below which a file that only one other imports could stand in that one. */
const SMALL = 30;
/** Lines above which a function is long. */
const LONG = 100;

interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Files of the tree that it imports, each once. */
  readonly targets: readonly string[];
  readonly longFunctions: readonly LongFunction[];
}

interface LongFunction {
  /** Its first line, without what it is indented by. */
  readonly head: string;
  /** Line that it begins at, from 1. */
  readonly line: number;
  readonly lines: number;
}

if (import.meta.main) main(process.argv.slice(2));

function main(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      folders: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
    },
  });
  const files = readTree(positionals[0] ?? join(import.meta.dirname, '..'));
  console.log(describeTree(files));
  if (values.folders) console.log(`\n${listFolders(files)}`);
  if (values.small) console.log(`\n${listSmall(files).join('\n')}`);
  if (values.long) console.log(`\n${listLong(files).join('\n')}`);
}

export function readTree(root: string): readonly SourceFile[] {
  const paths = globSync('{lib,functions}/**/*.ts', { cwd: root }).sort();
  const known = new Set(paths);
  return paths.map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const targets = [...text.matchAll(/^(?:import|export)\s[^;]*?from '(\.[^']+)';/gm)]
      .map((match) => join(dirname(path), match[1]!))
      .filter((target) => known.has(target));
    return {
      path,
      lines: text.split('\n').length - 1,
      targets: [...new Set(targets)],
      longFunctions: findLongFunctions(text),
    };
  });
}

export function describeTree(files: readonly SourceFile[]): string {
  const lengths = files.map(({ lines }) => lines).sort((a, b) => a - b);
  const longest = files.reduce((most, file) => (file.lines > most.lines ? file : most));
  const arrows = files.flatMap(({ path, targets }) => targets.map((target) => [path, target] as const));
  const folders = joinFolders(files);
  const row = (name: string, value: string | number): string => `${name.padEnd(34)}${value}`;
  return [
    row('files', files.length),
    row(
      'lines',
      lengths.reduce((sum, lines) => sum + lines, 0),
    ),
    row('folders', folders.size),
    row('lines of the median file', lengths[lengths.length >> 1]!),
    row('lines of the longest file', `${longest.lines} (${longest.path})`),
    row('files of more than 350 lines', lengths.filter((lines) => lines > 350).length),
    row(`below ${SMALL} lines, one importer`, listSmall(files).length),
    row(`functions of more than ${LONG} lines`, listLong(files).length),
    row('most files in one folder', describeFullest(files)),
    row('arrows between files', arrows.length),
    row(
      'arrows between folders',
      [...folders.values()].reduce((sum, to) => sum + to.length, 0),
    ),
    row('circles of files', describeCircles(findCircles(new Map(files.map((f) => [f.path, f.targets]))))),
    row('circles of folders', describeCircles(findCircles(folders))),
  ].join('\n');
}

function describeFullest(files: readonly SourceFile[]): string {
  const counts = Map.groupBy(files, ({ path }) => dirname(path));
  const [name, held] = [...counts].reduce((most, one) => (one[1].length > most[1].length ? one : most));
  return `${held.length} (${name})`;
}

function describeCircles(circles: readonly (readonly string[])[]): string {
  if (circles.length === 0) return '0';
  const each = circles.map((members) => `${members.length} (${[...members].sort()[0]} …)`);
  return `${circles.length}: ${each.join(', ')}`;
}

/** Each folder with those that its own files import from. */
function joinFolders(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, Set<string>>();
  for (const { path, targets } of files) {
    const from = dirname(path);
    const to = folders.get(from) ?? new Set();
    folders.set(from, to);
    for (const target of targets) if (dirname(target) !== from) to.add(dirname(target));
  }
  return new Map([...folders].map(([name, to]) => [name, [...to].sort()]));
}

function listFolders(files: readonly SourceFile[]): string {
  const lines = [...joinFolders(files)].map(([name, to]) => {
    const held = files.filter(({ path }) => dirname(path) === name);
    const size = held.reduce((sum, file) => sum + file.lines, 0);
    return `${name.padEnd(36)}${String(held.length).padStart(3)} files ${String(size).padStart(6)} lines  → ${to.length} folders`;
  });
  return lines.join('\n');
}

/** Short files of which one file of the tree knows: each with its importer. */
function listSmall(files: readonly SourceFile[]): readonly string[] {
  const importers = new Map<string, string[]>();
  for (const { path, targets } of files)
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), path]);
  return files.flatMap(({ path, lines }) => {
    const [importer, ...others] = importers.get(path) ?? [];
    const isSmall = lines < SMALL && importer !== undefined && others.length === 0;
    return isSmall ? [`${path} (${lines}) ← ${importer}`] : [];
  });
}

/** Functions, methods and closures of more than LONG lines, the longest first. */
function listLong(files: readonly SourceFile[]): readonly string[] {
  return files
    .flatMap(({ path, longFunctions }) => longFunctions.map((each) => ({ path, ...each })))
    .sort((a, b) => b.lines - a.lines)
    .map(({ path, line, lines, head }) => `${path}:${line} (${lines}) ${head}`);
}

/**
 * Functions, methods and closures with a body in braces, by how the formatter indents: each ends at the first line that has nothing
 * but its closing brace, as far in as the line that it begins at.
 */
export function findLongFunctions(text: string): readonly LongFunction[] {
  const lines = text.split('\n');
  return lines.flatMap((head, at) => {
    if (!isFunctionHead(head)) return [];
    const indent = /^ */.exec(head)![0];
    const rest = lines
      .slice(at)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : undefined));
    // A signature of several lines: one that ends without a body is of an interface.
    const signature = head.endsWith('(') ? rest.find((line, i) => i > 0 && line?.startsWith(')')) : head;
    const length = rest.findIndex((line) => line !== undefined && /^\}[\]),;]*$/.test(line)) + 1;
    return signature?.endsWith('{') && length > LONG
      ? [{ head: head.trim(), line: at + 1, lines: length }]
      : [];
  });
}

function isFunctionHead(line: string): boolean {
  if (/\bfunction\*? ?\w*[(<]/.test(line) || /=> \(?\{$/.test(line)) return true;
  const isMethod = /^ +(?:(?:async|static|private|get|set) )*[#\w]+(?:<.*>)?\((?:.*\{)?$/.test(line);
  return isMethod && !/^ +(?:if|for|while|switch|catch|return)\b/.test(line);
}

/** Sets of nodes that reach each other, largest first (Tarjan, "Depth-first search and linear graph algorithms", 1972). */
export function findCircles(targets: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const circles: string[][] = [];
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    let low = index.size;
    index.set(node, low);
    stack.push(node);
    const own = low;
    for (const target of targets.get(node) ?? [])
      if (!index.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? index.get(target)!);
    lowest.set(node, low);
    if (low === own) {
      const members = stack.splice(stack.indexOf(node));
      if (members.length > 1) circles.push(members);
    }
    return low;
  };
  for (const node of targets.keys()) if (!index.has(node)) visit(node);
  return circles.sort((a, b) => b.length - a.length);
}
