/** 2026-11-22T08:30:00Z as 20261122T083000Z. Whole seconds only, since the grid has no finer step. */
export function formatCompactTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
