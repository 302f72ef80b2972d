/** The same autoencoder in PyTorch, in a process that stays up, so that it can take turns with ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BATCH, DROPOUT, FEATURES, HIDDEN, LEARNING_RATE, STEPS } from './network.ts';

export interface TorchPeer {
  readonly name: string;
  /** Seconds of one epoch, or of scoring all sequences. */
  time(what: 'train' | 'score', threads: number): Promise<number>;
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
for line in sys.stdin:
    what, threads = line.split()
    torch.set_num_threads(int(threads))
    begun = time.perf_counter()
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
    print(json.dumps(time.perf_counter() - begun), flush=True)
`;

/** @returns a sentence where no Python has PyTorch */
export async function startTorch(file: string): Promise<TorchPeer | string> {
  for (const python of PYTHONS) {
    const child = spawn(python, ['-c', SCRIPT, file], { stdio: ['pipe', 'pipe', 'ignore'] });
    const closed = once(child, 'close').catch(() => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = await lines.next();
    if (version.done) {
      await closed;
      continue;
    }
    return {
      name: `PyTorch ${JSON.parse(version.value)}`,
      async time(what, threads) {
        child.stdin.write(`${what} ${threads}\n`);
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
