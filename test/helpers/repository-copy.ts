/** The repository in a folder of its own, for what changes it: a walk-through of CONTRIBUTING.md. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['bench', 'docs', 'examples', 'functions', 'infra', 'lib', 'schema', 'scripts', 'test'];
const COPIED_FILES = [
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'package.json', 'serverless.yml', 'tsconfig.json'],
];

export interface RepositoryCopy extends Disposable {
  /** @param file by its path in the repository, as everywhere here */
  read(file: string): string;
  write(file: string, text: string): void;
  /** Puts `text` behind `mark`, which has to be there once. */
  insertBehind(file: string, mark: string, text: string): void;
  /** A folder, or a file, in which each word of `words` is another one then, its name included. */
  copyRenamed(from: string, to: string, words: Readonly<Record<string, string>>): void;
  /** File → text. */
  readAll(): ReadonlyMap<string, string>;
  /** Of the type check: files with an error, in order; and what it said. */
  checkTypes(): { readonly files: readonly string[]; readonly said: string };
  /** Node with these arguments. @throws AssertionError with what it said where it fails */
  succeed(args: readonly string[]): string;
}

export function copyRepository(): RepositoryCopy {
  const folder = mkdtempSync(join(tmpdir(), 'repository-'));
  for (const name of [...COPIED, ...COPIED_FILES])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);

  return {
    read,
    write,
    insertBehind(file, mark, text) {
      const whole = read(file);
      assert.equal(whole.split(mark).length, 2, `${file} has ${JSON.stringify(mark)} once`);
      write(
        file,
        whole.replace(mark, () => mark + text),
      );
    },
    copyRenamed(from, to, words) {
      cpSync(join(folder, from), join(folder, to), { recursive: true });
      for (const file of globSync(/\.\w+$/.test(to) ? to : `${to}/*.ts`, { cwd: folder }))
        write(
          file,
          Object.entries(words).reduce((text, [word, by]) => text.replaceAll(word, by), read(file)),
        );
    },
    readAll() {
      const files = globSync(`{${COPIED.join()}}/**/*.{ts,json,md,yml}`, { cwd: folder });
      return new Map(
        [...files, ...COPIED_FILES].map((file) => [file, readFileSync(join(folder, file), 'latin1')]),
      );
    },
    checkTypes() {
      const { said } = run([join(folder, 'node_modules/typescript/bin/tsc'), '--noEmit']);
      const named = [...said.matchAll(/^([\w./-]+)\(\d+,\d+\): error/gm)].map(([, file]) => file!);
      return { files: [...new Set(named)].sort(), said };
    },
    succeed(args) {
      const { status, said } = run(args);
      assert.equal(status, 0, `${args.join(' ')}\n${said}`);
      return said;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };

  function run(args: readonly string[]): { readonly status: number | null; readonly said: string } {
    // A test runner inside a test would report to the outer one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    return { status, said: stdout + stderr };
  }
}
