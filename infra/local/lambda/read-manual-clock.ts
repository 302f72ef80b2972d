/**
 * Loaded before a function (`--import`, its file as `?file=`) where the emulator has a clock that is set by hand: the time of day is
 * what the file says at each look. Worker threads load it as well.
 */
import { openSync, readSync } from 'node:fs';

const descriptor = openSync(new URL(import.meta.url).searchParams.get('file') ?? '', 'r');
const bytes = Buffer.alloc(13);
const MachineDate = globalThis.Date;

function now(): number {
  readSync(descriptor, bytes, 0, bytes.length, 0);
  return Number(bytes.toString('latin1'));
}

MachineDate.now = now;
globalThis.Date = new Proxy(MachineDate, {
  construct: (target, values: readonly unknown[], created) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, created) as object,
  apply: (target) => new target(now()).toString(),
});
// `new date.constructor()` reads it, too.
MachineDate.prototype.constructor = globalThis.Date;
