/**
 * What `npm test` prints: Node's own report; and of a run that is cut, that it was, in place of a failure for each test that
 * had not ended.
 */
import type { EventEmitter } from 'node:events';
import { writeSync } from 'node:fs';
import type { Transform } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

/** The signals that end a run, as Ctrl-C and a time limit send them. */
export const CUTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const STDOUT = 1;

export default async function* report(source: AsyncIterable<TestEvent>): AsyncIterable<string> {
  // At once: the runner ends before it has read a report to its end.
  yield* reportUntilCut(source, process, (line) => void writeSync(STDOUT, line));
}

/** @param signals what emits them. @param say takes the last word on a run that is cut */
async function* reportUntilCut(
  source: AsyncIterable<TestEvent>,
  signals: Pick<EventEmitter, 'once'>,
  say: (line: string) => void,
): AsyncIterable<string> {
  let isCut = false;
  let [passed, failed] = [0, 0];
  for (const signal of CUTS)
    signals.once(signal, () => {
      if (isCut) return;
      isCut = true;
      say(
        `\nCut by ${signal}: ${passed} tests had passed and ${failed} had failed by then. Of the others this run says nothing.\n`,
      );
    });
  const printer: Transform = new spec();
  for await (const event of source) {
    // Read to its end all the same, or the runner fails by itself.
    if (isCut) continue;
    if (event.type === 'test:pass' && event.data.nesting === 0) passed++;
    if (event.type === 'test:fail' && event.data.nesting === 0) failed++;
    printer.write(event);
    yield* drain(printer);
  }
  if (isCut) return;
  printer.end();
  for await (const text of printer) yield String(text);
}

function* drain(printer: Transform): Iterable<string> {
  for (let text = printer.read(); text !== null; text = printer.read()) yield String(text);
}
