/** What this process finds under the name `@tensorflow/tfjs-node`, which is not installed here. */
import { registerHooks } from 'node:module';

export type StandIn = 'core' | 'none' | { readonly source: string };

let standIn: StandIn = 'none';
let loads = 0;

registerHooks({
  resolve: (name, context, next) => {
    if (name !== '@tensorflow/tfjs-node') return next(name, context);
    if (standIn === 'core')
      return { url: new URL('./stand-in.ts', import.meta.url).href, shortCircuit: true };
    if (standIn === 'none') return next('@tensorflow/tfjs-node-that-nobody-has', context);
    // Each load is one of its own.
    const url = `data:text/javascript,${encodeURIComponent(`${standIn.source}\n// ${loads++}`)}`;
    return { url, shortCircuit: true };
  },
});

export function standInForTensorFlow(by: StandIn): void {
  standIn = by;
}
