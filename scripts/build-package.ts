/**
 * Writes dist/, which the npm package ships: JavaScript and its types, file by file. Node strips no types inside of
 * node_modules, so the sources themselves would not run there. npm runs it before it packs (`prepack`).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** The first argument, or dist/. */
const DIST = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly imports: Readonly<Record<string, { readonly default: string }>>;
}

rmSync(DIST, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [COMPILER, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', DIST],
  {
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);
for (const file of globSync('lib/**/*.wasm', { cwd: ROOT })) cpSync(join(ROOT, file), join(DIST, file));
for (const file of globSync('**/*.d.ts', { cwd: DIST })) nameJavaScript(join(DIST, file));
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(describeDist(), undefined, 2)}\n`);

/** The compiler does so in what it makes JavaScript of, and leaves the types as they are. */
function nameJavaScript(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/(from |import\()'(\.{1,2}\/[^']*)\.ts'/g, "$1'$2.js'"));
}

/** The scope of everything in dist/: `#name` leads to JavaScript there, and the version is read from it. */
function describeDist(): object {
  const { name, version, imports } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as PackageJson;
  const own = Object.entries(imports).map(([from, to]) => [from, to.default.replace(/\.ts$/, '.js')]);
  return { name, version, type: 'module', private: true, imports: Object.fromEntries(own) };
}
