/** What the demo prints: numbered steps, a progress bar where there is a terminal, alerts above it. */
import { SingleBar } from 'cli-progress';

export interface Screen {
  step(title: string): void;
  /** A line under the current step. */
  say(line: string): void;
  /** A block that stands out. */
  show(text: string): void;
  startProgress(total: number, unit: string): { update(done: number): void; stop(): void };
}

const started = performance.now();

export function createScreen(): Screen {
  const { isTTY } = process.stdout;
  let steps = 0;
  let bar: SingleBar | undefined;
  /** Takes the bar off the screen for as long as something is printed above it. */
  const above = (text: string): void => {
    if (bar !== undefined) process.stdout.write('\r\x1b[K');
    process.stdout.write(`${text}\n`);
    bar?.render();
  };
  const paint = (code: number, text: string): string => (isTTY ? `\x1b[${code}m${text}\x1b[0m` : text);
  return {
    step(title) {
      steps += 1;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      above(`\n${paint(1, `${steps}. ${title}`)} ${paint(2, `(${seconds} s)`)}`);
    },
    say: (line) => above(`   ${line}`),
    show: (text) => above(text.replaceAll(/^/gm, `   ${paint(33, '│')} `)),
    startProgress(total, unit) {
      if (!isTTY) {
        let told = 0;
        return {
          update(done) {
            // Without a terminal: a line at every quarter.
            const quarter = Math.floor((done / total) * 4);
            if (quarter > told && done < total) above(`   ${done} of ${total} ${unit}`);
            told = quarter;
          },
          stop: () => {},
        };
      }
      bar = new SingleBar({
        format: `   [{bar}] {value} of {total} ${unit}`,
        barsize: 30,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: true,
      });
      bar.start(total, 0);
      return {
        update: (done) => bar?.update(done),
        stop() {
          bar?.stop();
          bar = undefined;
        },
      };
    },
  };
}
