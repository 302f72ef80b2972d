/** The same autoencoder in PyTorch, in a process that stays up, so that it can take turns with ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BATCH, DROPOUT, FEATURES, HIDDEN, LEARNING_RATE, STEPS } from './network.ts';

export interface TorchPeer {
  readonly name: string;
  /** Processor seconds, of all threads, of one epoch or of scoring all sequences. */
  time(what: 'train' | 'score'): Promise<number>;
  close(): Promise<void>;
}

/** Debian's own Python finds python3-torch; another one may stand first on the path. */
const PYTHONS: readonly string[] = ['/usr/bin/python3', 'python3'];

const SCRIPT = `
import sys, time, json, numpy, torch
from torch import nn

class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(${FEATURES}, ${HIDDEN}, 2, batch_first=True, dropout=${DROPOUT})
        self.decoder = nn.LSTM(${HIDDEN}, ${HIDDEN}, 2, batch_first=True, dropout=${DROPOUT})
        self.out = nn.Linear(${HIDDEN}, ${FEATURES})
    def forward(self, x):
        _, (hidden, _) = self.encoder(x)
        repeated = hidden[-1].unsqueeze(1).expand(-1, x.shape[1], -1)
        return self.out(self.decoder(repeated)[0])

x = torch.from_numpy(numpy.fromfile(sys.argv[1], dtype=numpy.float32).reshape(-1, ${STEPS}, ${FEATURES}))
model = Autoencoder()
adam = torch.optim.Adam(model.parameters(), lr=${LEARNING_RATE})
loss_of = nn.MSELoss()
print(json.dumps(torch.__version__), flush=True)
torch.set_num_threads(int(sys.argv[2]))
for line in sys.stdin:
    what = line.strip()
    begun = time.process_time()
    if what == 'train':
        model.train()
        order = torch.randperm(len(x))
        for start in range(0, len(x), ${BATCH}):
            batch = x[order[start:start + ${BATCH}]]
            adam.zero_grad()
            loss_of(model(batch), batch).backward()
            adam.step()
    else:
        model.eval()
        with torch.no_grad():
            ((model(x) - x) ** 2).mean(dim=(1, 2))
    print(json.dumps(time.process_time() - begun), flush=True)
`;

/**
 * One process for each number of threads: once a process has had two, the second one burns time in the rounds with one.
 * @returns a sentence where no Python has PyTorch
 */
export async function startTorch(file: string, threads: number): Promise<TorchPeer | string> {
  for (const python of PYTHONS) {
    const child = spawn(python, ['-c', SCRIPT, file, String(threads)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: String(threads) },
    });
    const closed = once(child, 'close').catch(() => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = await lines.next();
    if (version.done) {
      await closed;
      continue;
    }
    return {
      name: `PyTorch ${JSON.parse(version.value)}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      async time(what) {
        child.stdin.write(`${what}\n`);
        const answer = await lines.next();
        if (answer.done) throw new Error('PyTorch ended in the middle of a measurement');
        return JSON.parse(answer.value);
      },
      async close() {
        child.stdin.end();
        await closed;
      },
    };
  }
  return 'PyTorch is not installed';
}
