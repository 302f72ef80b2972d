/**
 * Run as a process of its own: prints milliseconds from its start to the first score, those of processor time (all
 * threads), and its peak memory in MB.
 */
import { FEATURES, STEPS, startNetwork } from './network.ts';

const network = startNetwork(2);
network.predict({ rows: new Float32Array(STEPS * FEATURES).fill(0.5), starts: Uint32Array.of(0) });
const milliseconds = performance.now();
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const processor = (userCPUTime + systemCPUTime) / 1000;
console.log(JSON.stringify({ milliseconds, processor, megabytes: maxRSS / 1024 }));
