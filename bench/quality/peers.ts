/** scikit-learn's detectors beside ours, on the matrices that ours saw, in one Python process for the whole run. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';

export interface PeerScores {
  readonly name: string;
  /** One per row of the matrix; higher is more anomalous. */
  readonly train: Float64Array;
  readonly test: Float64Array;
}

export interface Peers {
  readonly version: string;
  /** Those without scores are left out; `refused` says why. */
  score(
    train: FeatureMatrix,
    test: FeatureMatrix,
  ): Promise<{ readonly scores: readonly PeerScores[]; readonly refused: readonly string[] }>;
  close(): void;
}

/** Debian's own Python finds python3-sklearn; another one may stand first on the path. */
const PYTHONS = ['/usr/bin/python3', 'python3'];
const SCRIPT = join(import.meta.dirname, 'peers.py');

/** Undefined where no Python has scikit-learn. */
export async function startPeers(): Promise<Peers | undefined> {
  const python = PYTHONS.find((each) => spawnSync(each, ['-c', 'import sklearn']).status === 0);
  if (python === undefined) return undefined;
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, [SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-quality-'));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // The end of its answers tells of its end.
  child.stdin.on('error', () => {});
  const hello = await nextAnswer(answers);
  if (hello === undefined) {
    rmSync(folder, { recursive: true });
    throw new Error(`${python} ${SCRIPT} did not start; its message is above`);
  }
  return {
    version: String(hello.sklearn),
    score: async (train, test) => {
      writeFileSync(join(folder, 'train.f32'), train.values);
      writeFileSync(join(folder, 'test.f32'), test.values);
      child.stdin.write(`${JSON.stringify({ folder, columns: test.names.length })}\n`);
      const reply = await nextAnswer(answers);
      if (reply === undefined) return { scores: [], refused: ['scikit-learn: its process has ended'] };
      const answer = Object.entries(reply);
      const scores = answer
        .filter(([, refusal]) => refusal === null)
        .map(([name]) => ({
          name,
          train: readScores(join(folder, `${name}.train.f64`)),
          test: readScores(join(folder, `${name}.test.f64`)),
        }));
      const refused = answer.flatMap(([name, refusal]) => (refusal === null ? [] : [`${name}: ${refusal}`]));
      return { scores, refused };
    },
    close: () => {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Undefined where the process has ended; its message then is on stderr. */
async function nextAnswer(answers: AsyncIterator<string>): Promise<Record<string, unknown> | undefined> {
  const { done, value } = await answers.next();
  return done === true ? undefined : JSON.parse(value);
}

function readScores(file: string): Float64Array {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
