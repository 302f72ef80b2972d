/** scikit-learn in a process that stays up, so that it can take turns with ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface SklearnPeer {
  readonly name: string;
  /** Seconds to fit and to score all rows, with these figures for the script. */
  time(...figures: readonly number[]): Promise<{ readonly fit: number; readonly score: number }>;
  close(): Promise<void>;
}

/** Debian's own Python finds python3-sklearn; another one may stand first on the path. */
const PYTHONS: readonly string[] = ['/usr/bin/python3', 'python3'];

/** Answers a line "trees seed" with a line of JSON. */
const FOREST = `
import sys, time, json, numpy, sklearn
from sklearn.ensemble import IsolationForest
x = numpy.fromfile(sys.argv[1], dtype=numpy.float32).reshape(-1, int(sys.argv[2]))
print(json.dumps(sklearn.__version__), flush=True)
for line in sys.stdin:
    trees, seed = map(int, line.split())
    begun = time.perf_counter()
    forest = IsolationForest(n_estimators=trees, max_samples=256, random_state=seed, n_jobs=1).fit(x)
    fitted = time.perf_counter()
    forest.score_samples(x)
    print(json.dumps({"fit": fitted - begun, "score": time.perf_counter() - fitted}), flush=True)
`;

/** Linear algebra's threads: one, or as many as the library chooses for this machine. */
export type PeerThreads = 'one' | 'its own';

/**
 * @param script says its version as a line of JSON, then answers each line of figures with a line of JSON
 * @returns a sentence where no Python has scikit-learn
 */
export async function startSklearn(
  file: string,
  columns: number,
  { script = FOREST, threads = 'one' }: { readonly script?: string; readonly threads?: PeerThreads } = {},
): Promise<SklearnPeer | string> {
  for (const python of PYTHONS) {
    const child = spawn(python, ['-c', script, file, String(columns)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env:
        threads === 'one' ? { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' } : process.env,
    });
    const closed = once(child, 'close').catch(() => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = await lines.next();
    if (version.done) {
      await closed;
      continue;
    }
    return {
      name: `scikit-learn ${JSON.parse(version.value)}, ${threads === 'one' ? 'one thread' : 'its own threads'}`,
      async time(...figures) {
        child.stdin.write(`${figures.join(' ')}\n`);
        const answer = await lines.next();
        if (answer.done) throw new Error('scikit-learn ended in the middle of a measurement');
        return JSON.parse(answer.value);
      },
      async close() {
        child.stdin.end();
        await closed;
      },
    };
  }
  return 'scikit-learn is not installed';
}
