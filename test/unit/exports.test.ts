/**
 * A value that a file exports is taken by another one: the rest is its own business. A type may also stand in what the
 * file exports, so that who calls it can name it.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = '{lib,functions,infra,bench,scripts,test}/**/*.{ts,mts}';
/** Compiled to WebAssembly by another language, whose exports are the kernel's. */
const KERNELS = /\/kernel\//;
/** Taken from outside: the npm package's types, the handlers of the functions, plugins that serverless.yml names, the reporter of `npm test`. */
const ENTRIES = /^(lib\/index\.ts|functions\/|infra\/aws\/|scripts\/test-reporter\.ts)/;
/** By a name of `imports` in package.json. */
const IMPORTED: ReadonlySet<string> = new Set(
  Object.values<Readonly<Record<string, string>>>(
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).imports,
  ).flatMap((target) => Object.values(target).map(normalize)),
);

const files = globSync(SOURCES, { cwd: ROOT }).filter((file) => !KERNELS.test(file));
const texts = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));

test('every exported value is imported by another file, and every type used at all', () => {
  const taken = new Set([...texts].flatMap(([file, text]) => findTaken(file, text)));
  const dead = files
    .filter((file) => !ENTRIES.test(file) && !IMPORTED.has(file))
    .flatMap((file) =>
      findExports(texts.get(file)!)
        .filter(({ name }) => !taken.has(`${file} ${name}`) && !taken.has(`${file} *`))
        .filter(({ name, isType }) => !isType || countUses(texts.get(file)!, name) < 2)
        .map(({ name }) => `${file} ${name}`),
    );
  assert.deepEqual(dead, []);
});

interface Export {
  /** `default` of one without a name. */
  readonly name: string;
  readonly isType: boolean;
}

function findExports(text: string): Export[] {
  const declared = [
    ...text.matchAll(
      /^export (?:abstract )?(?:async )?(const|let|function\*?|class|interface|type) ([A-Za-z_$][\w$]*)/gm,
    ),
  ].map(([, what, name]) => ({ name: name!, isType: what === 'interface' || what === 'type' }));
  const listed = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type, list]) =>
    namesOf(list!).map(({ as }) => ({ name: as, isType: type !== undefined })),
  );
  const unnamed = /^export default /m.test(text) ? [{ name: 'default', isType: false }] : [];
  return [...declared, ...listed, ...unnamed];
}

function countUses(text: string, name: string): number {
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length;
}

/** "file name" of what this file takes from others; "file *" where it takes all of them. */
function findTaken(file: string, text: string): string[] {
  const taken: string[] = [];
  const resolve = (target: string): string => normalize(join(dirname(file), target));
  for (const [, clause, target] of text.matchAll(/^(?:import|export)\s([^;'"]*?)\sfrom '(\.[^']+)'/gm)) {
    const names = /\{([\s\S]*)\}/.exec(clause!)?.[1];
    if (names !== undefined) taken.push(...namesOf(names).map(({ name }) => `${resolve(target!)} ${name}`));
    if (/\*/.test(clause!)) taken.push(`${resolve(target!)} *`);
    if (/^(type )?\w/.test(clause!.replace(/^type \{/, '{'))) taken.push(`${resolve(target!)} default`);
  }
  for (const [, before, target, after] of text.matchAll(
    /(?:const (\{[^}]*\}) = )?\(?await import\(\s*'(\.[^']+)'\s*\)\)?(\.\w+)?/g,
  )) {
    if (after !== undefined) taken.push(`${resolve(target!)} ${after.slice(1)}`);
    else if (before !== undefined)
      taken.push(
        ...namesOf(before.replace(/:/g, ' as ').slice(1, -1)).map(
          ({ name }) => `${resolve(target!)} ${name}`,
        ),
      );
    else taken.push(`${resolve(target!)} *`);
  }
  for (const [, target, name] of text.matchAll(/\bimport\('(\.[^']+)'\)\.(\w+)/g))
    taken.push(`${resolve(target!)} ${name}`);
  for (const [, target] of text.matchAll(/new URL\('(\.[^']+\.m?ts)'/g)) taken.push(`${resolve(target!)} *`);
  return taken;
}

/** Of "a, type B, c as d". */
function namesOf(list: string): { readonly name: string; readonly as: string }[] {
  return list
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .split(',')
    .map((each) => each.trim().replace(/^type /, ''))
    .filter((each) => each !== '')
    .map((each) => each.split(/\s+as\s+/))
    .map(([name, as]) => ({ name: name!, as: as ?? name! }));
}
