/** Certificates for a test, made by openssl at run time: none is kept in the repository. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** PEM texts, and the files that have them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority extends AsyncDisposable {
  /** Of the authority itself. */
  readonly ca: string;
  readonly caFile: string;
  /** Of a server at 127.0.0.1, or of a client; good for a day. */
  issue(name: string): Promise<Certificate>;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export async function createAuthority(name: string): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'));
  const at = (file: string): string => join(folder, file);
  const read = (file: string): Promise<string> => readFile(at(file), 'utf8');
  await openssl(
    'req',
    '-x509',
    ...KEY,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  );
  await writeFile(at('leaf.ext'), 'basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n');
  return {
    ca: await read('ca.crt'),
    caFile: at('ca.crt'),
    async issue(leaf) {
      const [keyFile, request, certFile] = [at(`${leaf}.key`), at(`${leaf}.csr`), at(`${leaf}.crt`)];
      await openssl('req', '-new', ...KEY, '-subj', `/CN=${leaf}`, '-keyout', keyFile, '-out', request);
      const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1'];
      await openssl('x509', '-req', '-in', request, ...signed, '-extfile', at('leaf.ext'), '-out', certFile);
      return { cert: await read(`${leaf}.crt`), key: await read(`${leaf}.key`), certFile, keyFile };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openssl(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', args);
}
