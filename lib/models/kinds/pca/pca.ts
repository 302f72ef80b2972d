import type { Coordinates } from './coordinates.ts';
import type { Components } from './quadratic.ts';

/** A fitted model. */
export interface Pca {
  readonly coordinates: Coordinates;
  readonly window: number;
  readonly components: Components;
  readonly isRobust: boolean;
  readonly noiseFloor: number;
  /** Vectors that the components were learned from, and those that could have been. */
  readonly taken: number;
  readonly available: number;
}
