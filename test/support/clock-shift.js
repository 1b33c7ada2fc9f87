/**
 * Loaded into Deploy with `node --import`: at each SIGUSR2 the wall clock of the process jumps to where the file
 * CLOCK_SHIFT_FILE says, in milliseconds beside the real one; when it has, the same number is in the file of that name
 * with `.done`. As with a clock that somebody sets, timers and
 * `performance.now()` know nothing of it; nor do the engine and the registry.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const RealDate = globalThis.Date;
let shift = 0;

const now = () => RealDate.now() + shift;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

function jump() {
  const file = process.env['CLOCK_SHIFT_FILE'];
  shift = Number(readFileSync(file, 'utf8'));
  writeFileSync(`${file}.done`, String(shift));
}

jump();
process.on('SIGUSR2', jump);
