/** What columns are called that are no metrics. */

/** Names of a time column, best first; Tidewatch itself writes the first one. */
export const TIME_NAMES: readonly string[] = ['timestamp', 'time', 'ts', 'ds'];
export const TIME_NAME = 'timestamp';
export const LABEL_NAME = 'label';
export const ENTITY_NAME = 'entity';
