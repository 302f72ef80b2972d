/** Of each file: its test, or its training part alone with planted faults. */
export const PARTS = ['test', 'train'] as const;
export type Part = (typeof PARTS)[number];
