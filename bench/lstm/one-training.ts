/** Run as a process of its own: trains the given number of epochs on the given number of threads. */
import { drawSequences, startNetwork, trainEpoch } from './network.ts';

const [epochs, threads] = process.argv.slice(2).map(Number) as [number, number];
const sequences = drawSequences();
const network = startNetwork(threads);
const begun = performance.now();
let loss = Number.NaN;
for (let epoch = 0; epoch < epochs; epoch++) loss = trainEpoch(network, sequences, epoch);
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ seconds, loss, megabytes: process.resourceUsage().maxRSS / 1024 }));
